"""The set-level metrics of an embedder: what they declare, and which function gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..metrics.facts import Facts
from ..metrics.metric import Metric
from . import distances
from .blocks import MOST_BLOCKS
from .embedder import Embedder
from .extrapolate import FEWEST_BLOCKS
from .kernel import SCALE
from .manifold import NEIGHBOURS

# No study with listeners used the shipped embedders; those of VGGish, PANNs and CLAP are of sets
# of another size and kind than most runs.
VALIDATED_FOR = "generated music and artificial distortions, over VGGish, PANNs or CLAP, many clips"
_JACKKNIFE = "Interval: delete-a-group jackknife."


@dataclass(frozen=True, eq=False)
class SetMetric(Metric):
    """A metric over the embeddings of a set; `compute` takes `Sets`."""

    embedder: Embedder


def metrics_of(embedder: Embedder) -> list[SetMetric]:
    """All metrics over one embedder, in the order of tables."""
    return [
        SetMetric(_facts(embedder, **declared), compute, embedder)
        for compute, declared in (*_DISTANCES, *_SHARES, *_OF_ITEMS)
    ]


def _facts(embedder: Embedder, **declared: Any) -> Facts:
    usual = {"low": 0.0, "high": None, "direction": "lower", "needs": "set", "version": "1"}
    declared = {**usual, **declared}
    about = (
        f"Over the embedder “{embedder.title}”: windows of {embedder.window_s:g} s every "
        f"{embedder.hop_s:g} s."
    )
    return Facts(
        **{
            **declared,
            "id": f"{declared['id']}_{embedder.id}",
            "title": f"{declared['title']} ({embedder.title})",
            "description": f"{declared['description']} {about}",
            "version": f"{declared['version']} · {embedder.version}",
        },
        unit="",
        level="matched",
        channels="mono",
        rate_hz=embedder.rate_hz,
        tasks=embedder.tasks,
        validated_for=VALIDATED_FOR,
        packages=embedder.packages,
        install=embedder.install,
    )


_Declared = tuple[Callable[..., Any], dict[str, Any]]

_DISTANCES: tuple[_Declared, ...] = (
    (
        distances.fad,
        {
            "id": "fad",
            "title": "Fréchet audio distance",
            "citation": "Kilgour et al.: Fréchet Audio Distance, Interspeech 2019",
            "description": (
                "Fréchet distance of the Gaussians of all estimates' and all references' "
                "embeddings. Too large for finite sets, by about 1 / n; needs more embeddings "
                f"than dimensions. {_JACKKNIFE} It does not undo the bias."
            ),
        },
    ),
    (
        distances.fad_infinity,
        {
            "id": "fad_infinity",
            "title": "FAD∞",
            "low": None,
            "citation": "Chong, Forsyth: Effectively Unbiased FID, CVPR 2020; Gui et al.: "
            "Adapting Fréchet Audio Distance, ICASSP 2024",
            "parameters": (("fewest_groups", float(FEWEST_BLOCKS)),),
            "description": (
                "Fréchet distance extrapolated to infinitely many items: intercept of the line "
                "over 1 / n through the distances of parts of the set, drawn without replacement "
                "in whole songs or speakers. May be a little below 0 for a perfect system. "
                f"{_JACKKNIFE}"
            ),
        },
    ),
    (
        distances.kad,
        {
            "id": "kad",
            "title": "Kernel audio distance",
            "low": None,
            "citation": "Chung et al.: KAD, 2025; Gretton et al., JMLR 13, 2012, equation 4",
            "parameters": (("scale", SCALE), ("most_blocks", float(MOST_BLOCKS))),
            "description": (
                "100 × the squared maximum mean discrepancy under a Gaussian kernel whose width "
                "is the median distance between references. Products within a song or speaker "
                "are left out of all terms, which makes it unbiased for paired items; packages "
                "that leave in the product of an estimate with its own reference read lower. "
                f"Below 0 by chance. {_JACKKNIFE}"
            ),
        },
    ),
)


def _share(
    compute: Callable[..., Any], title: str, paper: str, what: str, *, high: float | None = 1.0
) -> _Declared:
    return compute, {
        "id": title.lower(),
        "title": title,
        "high": high,
        "direction": "higher",
        "citation": paper,
        "parameters": (("neighbours", float(NEIGHBOURS)),),
        "description": f"{what} Without an interval: neighbourhoods defy the jackknife.",
    }


_IMPROVED = "Kynkäänniemi et al.: Improved Precision and Recall, NeurIPS 2019"
_RELIABLE = "Naeem et al.: Reliable Fidelity and Diversity Metrics, ICML 2020"
_SHARES: tuple[_Declared, ...] = (
    _share(
        distances.precision,
        "Precision",
        _IMPROVED,
        "Share of the estimates' embeddings inside the references' region.",
    ),
    _share(
        distances.recall,
        "Recall",
        _IMPROVED,
        "Share of the references' embeddings inside the estimates' region.",
    ),
    _share(
        distances.density,
        "Density",
        _RELIABLE,
        "Number of references whose neighbourhood holds an estimate, mean over the estimates, "
        "over k. Above 1 where estimates crowd the references' centre.",
        high=None,
    ),
    _share(
        distances.coverage,
        "Coverage",
        _RELIABLE,
        "Share of the references with an estimate in their neighbourhood.",
    ),
)

_OF_ITEMS: tuple[_Declared, ...] = (
    (
        distances.fad_item,
        {
            "id": "fad_item",
            "title": "Fréchet distance of an item",
            "needs": "item_of_set",
            "citation": "Gui et al.: Adapting Fréchet Audio Distance, ICASSP 2024 (per song)",
            "description": (
                "Fréchet distance of the Gaussian of one estimate's embeddings to that of all "
                "references: how unusual the item sounds. Not 0 for the reference itself; compare "
                "systems on the same items. Needs two windows."
            ),
        },
    ),
    (
        distances.embedding_distance,
        {
            "id": "embedding_distance",
            "title": "Embedding distance",
            "needs": "item_of_set",
            "citation": "own definition",
            "description": (
                "Mean Euclidean distance of the embeddings of an item's windows to those of the "
                "same windows of its reference."
            ),
        },
    ),
)
