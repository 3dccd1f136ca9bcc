"""`RUN/manifest.json`: what was run, on what, with what; enough to tell two runs apart."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .engine import Device
from .inputs import STEM_LOUDNESS_LUFS, ItemState
from .metrics.facts import Facts
from .model_folder import ModelFolder
from .plan import Plan
from .render import Rendered
from .store import content_key
from .tables import write_whole
from .uncertainty import CONFIDENCE, MIN_GROUPS, RESAMPLES, SEED

SCHEMA = 1
_PACKAGES = ("earwitness", "torch", "numpy", "scipy", "pesq", "pystoi", "pyloudnorm", "soundfile")


def write_manifest(
    run: Path,
    plan: Plan,
    states: Sequence[ItemState],
    renderings: Sequence[Rendered],
    *,
    engine: str,
    devices: Sequence[Device],
    seconds: float,
) -> None:
    """Write the manifest of a complete run; its presence says that the tables are complete.

    Args:
        run: the run folder.
        plan: systems, datasets and metrics.
        states: every item.
        renderings: what came of every job.
        engine: what did the work.
        devices: where metrics were computed; none where nothing was left to compute.
        seconds: duration of this call of `evaluate`; a resumed run counts the last part only.
    """
    manifest = {
        "schema": SCHEMA,
        "digest": _digest(plan, renderings),
        "systems": [_system(model) for model in plan.models],
        "datasets": [
            {
                "name": dataset.name,
                "task": dataset.task,
                "licence": dataset.licence,
                "may_publish": dataset.may_publish,
                "rate": dataset.rate,
                "baseline": dataset.baseline,
            }
            for dataset in plan.datasets
        ],
        "items": [_item(state) for state in states],
        "metrics": [_metric(metric.facts) for metric in plan.metrics],
        "renderings": [_rendering(rendered) for rendered in renderings],
        "stem_loudness_lufs": STEM_LOUDNESS_LUFS,
        "uncertainty": {
            "confidence": CONFIDENCE,
            "interval": "BCa bootstrap over groups",
            "resamples": RESAMPLES,
            "seed": SEED,
            "min_groups": MIN_GROUPS,
        },
        "device": _device(devices),
        "engine": {"name": engine, "processes": len(devices)},
        "versions": _versions(),
        "seconds": round(seconds, 3),
    }
    text = json.dumps(manifest, indent=2, allow_nan=False) + "\n"
    write_whole(run / "manifest.json", lambda path: path.write_text(text, encoding="utf-8"))


def _digest(plan: Plan, renderings: Sequence[Rendered]) -> str:
    """One digest over all renderings and metric versions: equal for equal runs."""
    audio = [(one.job.model.name, one.job.item, one.digest, one.reason) for one in renderings]
    return content_key("run", audio, [(m.facts.id, m.facts.version) for m in plan.metrics])


def _system(model: ModelFolder) -> dict[str, Any]:
    return {
        "name": model.name,
        "role": model.file.role,
        "tasks": list(model.file.task),
        "adapter": model.file.adapter,
        "fit": model.file.fit or "",
        "factors": model.file.factors,
        "digest": model.digest,
    }


def _item(state: ItemState) -> dict[str, Any]:
    return {
        "id": state.item.id,
        "dataset": state.dataset.name,
        "task": state.dataset.task,
        "group": state.item.group,
        "split": state.item.split,
        "digest": state.digest,
        "channels": state.channels,
        "frames": state.frames,
        "reason": state.reason,
    }


def _metric(facts: Facts) -> dict[str, Any]:
    """A metric with the policies under which its scores were computed."""
    return {
        "id": facts.id,
        "version": facts.version,
        "unit": facts.unit,
        "direction": facts.direction,
        "level": facts.level,
        "channels": facts.channels,
        "rate_hz": facts.rate_hz,
        "resampler": facts.resampler,
        "delay": facts.delay,
        "title": facts.title,
        "parameters": dict(facts.parameters),
        "validated_for": facts.validated_for,
        "validated_tasks": list(facts.validated_tasks),
    }


def _rendering(rendered: Rendered) -> dict[str, Any]:
    return {
        "system": rendered.job.model.name,
        "item": rendered.job.item,
        "stems": list(rendered.stems),
        "digest": rendered.digest,
        "reason": rendered.reason,
    }


def _device(devices: Sequence[Device]) -> dict[str, str]:
    kinds, names = ({getattr(one, field): None for one in devices} for field in ("type", "name"))
    return {"type": ", ".join(kinds), "name": ", ".join(names), "tf32": "off"}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
