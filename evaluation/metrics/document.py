"""docs/metrics.md, written from the facts that the metrics declare.

`python -m earwitness.evaluation.metrics.document docs/metrics.md` writes it; a test keeps it
current.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from .facts import Facts
from .registry import all_metrics

_HEAD = """# Metrics

<!-- Written by `python -m earwitness.evaluation.metrics.document docs/metrics.md`; don't edit. -->

Every metric compares a system's rendering (the *estimate*) with the item's *reference* and gives
one number per item, or a row that says why there is none: `failed` (it should have had a value:
silence, NaN, another length, rate or channel count) or `not_applicable` (it has no meaning for
this item, whatever the system: another task, too short). No number is ever made up, and no clip is
dropped.

**Level.** *as is*: the signals are compared at the levels they have. *matched*: the estimate is
first brought to the integrated loudness of the reference (ITU-R BS.1770-5).
**Channels.** *all*: every channel enters. *mono*: the mean of the channels is compared.
A signal is silent when no sample exceeds −120 dBFS.

"""

_EMBEDDERS = """
## Embedders

Distances of sets (`fad_…`, `kad_…`, `precision_…` and others) compare embeddings of all renderings
of a system with those of all references of the dataset; each is a row with item `*`, its size and,
from 8 songs or speakers, its interval. `handcrafted` is always computed; `--embedder NAME` adds
another of this table, and `--embedder FILE:HZ[:S]` a network of yours: a graph (ONNX, TorchScript
or torch.export, the last two with `--trust`) from windows of S seconds (float32, window × sample)
to vectors. Its name is the file's. Without its package an embedder's metrics are not applicable,
and the reason is the command that installs it.

| name | network | rate | windows | tasks | what it hears | install | source |
|---|---|---|---|---|---|---|---|
"""

_TABLE = """| metric | unit | range | better | level | channels | rate | tasks |
|---|---|---|---|---|---|---|---|
"""


def document() -> str:
    """The whole page as Markdown."""
    facts = [metric.facts for metric in all_metrics().values()]
    rows = "".join(_row(entry) for entry in facts)
    sections = "".join(_section(entry) for entry in facts)
    return _HEAD + _TABLE + rows + _embedders() + sections


def _embedders() -> str:
    from ..sets.catalogue import EMBEDDERS  # here, as its networks need metrics

    rows = "".join(
        f"| `{one.id}` | {one.title} | {one.rate_hz} Hz | {one.window_s:.3g} s every "
        f"{one.hop_s:.3g} s | {', '.join(one.tasks or ('all',))} | {one.description} "
        f"| {f'`{one.install}`' if one.install else '–'} | {one.citation} |\n"
        for one in EMBEDDERS.values()
    )
    return _EMBEDDERS + rows


def _row(facts: Facts) -> str:
    cells = (
        f"[`{facts.id}`](#{facts.id})",
        facts.unit or "–",
        _range(facts),
        facts.direction or "–",
        facts.level.replace("_", " "),
        facts.channels,
        _rate(facts),
        ", ".join(facts.tasks or ("all",)),
    )
    return f"| {' | '.join(cells)} |\n"


def _section(facts: Facts) -> str:
    runs = "in worker processes" if facts.resource == "process" else "in batches on the device"
    return f"""
## {facts.id}

{facts.title}. {facts.description}

* Needs: {_needs(facts)}
{_parameters(facts)}* Delay: {facts.delay}
* Resampler: {facts.resampler}
* Validated with listeners: {_validated(facts)}
{_chance(facts)}* Runs: {runs}
* Version: {facts.version.split()[0]}
* Source: {facts.citation}
"""


_INPUTS = {
    "pair": "estimate and reference",
    "estimate": "estimate alone",
    "stems": "lead and backing stems",
    "set": "all estimates and references of a dataset",
    "item_of_set": "estimate and reference, and the references of the dataset",
}


def _needs(facts: Facts) -> str:
    needs = [_INPUTS[facts.needs]]
    if facts.min_rate_hz:
        needs.append(f"a rate of at least {facts.min_rate_hz} Hz")
    if facts.min_channels > 1:
        needs.append(f"at least {facts.min_channels} channels")
    if facts.shortest_s > 0:
        needs.append(f"at least {facts.shortest_s:g} s")
    if facts.longest_s < math.inf:
        needs.append(f"at most {facts.longest_s:g} s")
    if facts.packages:
        needs.append(f"{' and '.join(facts.packages)} (`{facts.install}`)")
    return "; ".join(needs)


def _parameters(facts: Facts) -> str:
    listed = ", ".join(f"{name} = {value:g}" for name, value in facts.parameters)
    return f"* Parameters: {listed}\n" if listed else ""


def _validated(facts: Facts) -> str:
    if not facts.validated_for:
        return "no; a measurement, not a prediction of what they hear"
    outside = "" if facts.validated_tasks else "; for none of Earwitness's tasks, see the report"
    return facts.validated_for + outside


def _chance(facts: Facts) -> str:
    reaches = "what wrong pairings reach (an estimate against other items' references)"
    return f"* Chance level: {reaches}\n" if facts.has_chance else ""


def _range(facts: Facts) -> str:
    low = "−∞" if facts.low is None else f"{facts.low:g}"
    high = "∞" if facts.high is None else f"{facts.high:g}"
    return f"{low} … {high}".replace("-", "−")


def _rate(facts: Facts) -> str:
    return "own" if facts.rate_hz is None else f"{facts.rate_hz} Hz"


def main() -> None:
    """Write the page to the path given on the command line."""
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
