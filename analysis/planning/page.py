"""The plan as files: `plan.json`, a page that shows it, and the plots as SVG and PNG."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from earwitness.stimuli.errors import DataError

from .figure import power_png, power_svg
from .records import PowerPlan


def write_plan(
    out: Path,
    plan: PowerPlan,
    *,
    title: str,
    session: Mapping[str, Any] | None,
    balance: Mapping[str, Any] | None,
    notes: Sequence[str],
) -> list[Path]:
    """Write the plan into a folder, made if missing.

    Args:
        out: the folder.
        plan: the power.
        title: of the study.
        session: minutes and megabytes of a session; None if not known yet.
        balance: how often the design presents what; None if not known yet.
        notes: what a reader must know.

    Raises:
        DataError: the folder cannot be written.
    """
    record = {
        "schema": 1, "title": title, "notes": list(notes), "power": plan.model_dump(),
        "session": session, "balance": balance,
    }  # fmt: skip
    files: dict[Path, bytes] = {
        out / "plan.json": (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()
    }
    pictures = []
    for k, scale in enumerate(plan.scales):
        name = "power" if len(plan.scales) == 1 else f"power-{k + 1}"
        svg = power_svg(plan, scale, name)
        pictures.append(Markup(svg))
        standing = svg.replace("<svg ", '<svg style="color:#1b1f24;background:#fff" ', 1)
        files[out / f"{name}.svg"] = standing.encode()
        files[out / f"{name}.png"] = power_png(plan, scale)
    page = _environment().get_template("plan.html.j2").render(
        plan=plan, title=title, session=session, balance=balance, notes=notes, pictures=pictures
    )  # fmt: skip
    files[out / "plan.html"] = page.encode()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
        for old in [*out.glob("power*.svg"), *out.glob("power*.png")]:
            if old not in files:  # of a plan with other scales
                old.unlink()
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error})") from error
    return list(files)


def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(f"earwitness.analysis.{part}") for part in ("planning", "rendering")]
        ),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: f"{share:.0%}"
    return environment
