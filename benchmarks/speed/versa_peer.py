"""VERSA's metrics for speech, one clip at a time.

With a checkout of `wavlab-speech/versa` on PYTHONPATH its own loader and metric classes run;
without one, the back-end that they call (pystoi), as they call it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .contender import Answer, Pair, serve

Metric = Callable[[Any, Any, int], float]


def score(pairs: Sequence[Pair], metrics: Sequence[str]) -> Answer:
    """One pair after the other."""
    import soundfile

    values = []
    for pair in pairs:
        estimate, rate = soundfile.read(pair["estimate"])
        reference, _ = soundfile.read(pair["reference"])
        values.append({name: _metrics()[name](estimate, reference, rate) for name in metrics})
    return values, {}


@functools.cache
def _metrics() -> dict[str, Metric]:
    try:
        from versa.utterance_metrics.stoi import EstoiMetric, StoiMetric
    except ImportError:
        return {"stoi": _pystoi(extended=False), "estoi": _pystoi(extended=True)}
    return {"stoi": _of_class(StoiMetric, "stoi"), "estoi": _of_class(EstoiMetric, "estoi")}


def _of_class(made: Any, key: str) -> Metric:
    metric = made()

    def compute(estimate: Any, reference: Any, rate: int) -> float:
        return float(metric.compute(estimate, reference, metadata={"sample_rate": rate})[key])

    return compute


def _pystoi(*, extended: bool) -> Metric:
    from pystoi import stoi

    def compute(estimate: Any, reference: Any, rate: int) -> float:
        return float(stoi(reference, estimate, rate, extended=extended))

    return compute


def _code() -> str:
    try:
        import versa.utterance_metrics.stoi  # noqa: F401
    except ImportError:
        return "its back-end pystoi, called as it calls it"
    return "its own code"


if __name__ == "__main__":
    serve(score, {"versa": _code()})
