"""One table of metrics: ours, those of other packages, and how to get one by its id.

A metric is a function under `@register(Facts(...))`. Other packages add theirs through an entry
point of the group `earwitness.metrics` that names the decorated function.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from earwitness.stimuli.errors import MetricError

from .facts import Facts
from .metric import Metric

GROUP = "earwitness.metrics"
# The modules that hold metrics, relative to this package, in the order of tables and plots.
_MODULES = (
    "loudness_error",
    "loudness_snippets",
    "dynamics_error",
    "loudness_distribution",
    "mix_features",
    "stereo_error",
    "fxnorm_dynamic",
    "fxnorm_spectral",
    "fxnorm_panning",
    "intelligibility",
    "quality",
    "mos",
    "voice_similarity",
    "speech_distance",
    "pitch_error",
    "pitch_error_crepe",
    "sdr",
    "correlation",
    "envelope",
    "spectral",
    "band_distance",
    "timbre",
    "sharpness",
    "weighted_snr",
    "log_wmse",
    "si_sdr",
    ".sets.standard",
)

_metrics: dict[str, Metric] = {}
_loaded: set[str] = set()


def register(facts: Facts) -> Callable[[Callable[..., Any]], Metric]:
    """Make the decorated function a metric under `facts.id`.

    What the function receives and gives back follows from the facts:

    * `resource="torch"`, `needs="pair"` or `"estimate"`: a `View`; gives a float64 tensor with a
      value per pair, or `Scores` to name rows that have none;
    * `resource="torch"`, `needs="stems"`: the same with a dict of stem name → `View`;
    * `resource="process"`: keyword-only `estimate`, `reference` (float64 arrays `channel × frame`,
      1-D for `mono`), `rate`; gives a float or raises `Unscorable`.

    Raises:
        MetricError: the id is taken by another function.
    """

    def decorate(compute: Callable[..., Any]) -> Metric:
        made = Metric(facts, compute)
        add(made)
        return made

    return decorate


def add(made: Metric) -> None:
    """Make `made` a metric under its id.

    Raises:
        MetricError: the id is taken by another function.
    """
    known = _metrics.setdefault(made.facts.id, made)
    if known.source != made.source:
        raise MetricError(
            f"two metrics are called {made.facts.id!r}: {known.source} and {made.source}; "
            "rename or uninstall one"
        )


def all_metrics() -> dict[str, Metric]:
    """All metrics by id: ours in a fixed order, then those of other packages.

    Raises:
        MetricError: a package's entry point cannot be loaded, or an id is used twice.
    """
    for module in _MODULES:
        importlib.import_module(f".{module}", __package__)
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        if point.value not in _loaded:
            _load(point.name, point.value, point.load)
    return dict(_metrics)


def _load(name: str, value: str, load: Callable[[], Any]) -> None:
    try:
        made = load()
    except Exception as error:
        raise MetricError(f"the metric {name!r} ({value}) cannot be loaded: {error}") from error
    if not isinstance(made, Metric):
        raise MetricError(f"the entry point {name!r} ({value}) is no @register-ed metric")
    add(made)
    _loaded.add(value)


def metric(metric_id: str) -> Metric:
    """The metric with this id.

    Raises:
        MetricError: no such metric; names the nearest ones.
    """
    known = all_metrics()
    if metric_id not in known:
        near = difflib.get_close_matches(metric_id, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise MetricError(f"there is no metric {metric_id!r}; {hint}")
    return known[metric_id]
