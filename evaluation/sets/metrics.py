"""The set-level metrics of an embedder: what they declare, and which function gives them."""

from __future__ import annotations

import functools
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
        for compute, declared in _declared(embedder)
    ]


def _facts(embedder: Embedder, **declared: Any) -> Facts:
    declared = {"low": 0.0, "high": None, "direction": "lower", "needs": "set", **declared}
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


def _declared(embedder: Embedder) -> list[tuple[Callable[..., Any], dict[str, Any]]]:
    share: Callable[..., dict[str, Any]] = functools.partial(
        dict,
        high=1.0,
        direction="higher",
        version="1",
        parameters=(("neighbours", float(NEIGHBOURS)),),
    )
    return [
        (
            distances.fad,
            {
                "id": "fad",
                "title": "Fréchet audio distance",
                "version": "1",
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
                "version": "1",
                "low": None,
                "citation": "Chong, Forsyth: Effectively Unbiased FID, CVPR 2020; Gui et al.: "
                "Adapting Fréchet Audio Distance, ICASSP 2024",
                "parameters": (("fewest_groups", float(FEWEST_BLOCKS)),),
                "description": (
                    "Fréchet distance extrapolated to infinitely many items: intercept of the "
                    "line over 1 / n through the distances of parts of the set, drawn without "
                    "replacement in whole songs or speakers. May be a little below 0 for a "
                    f"perfect system. {_JACKKNIFE}"
                ),
            },
        ),
        (
            distances.kad,
            {
                "id": "kad",
                "title": "Kernel audio distance",
                "version": "1",
                "low": None,
                "citation": "Chung et al.: KAD, 2025; Gretton et al., JMLR 13, 2012, equation 4",
                "parameters": (("scale", SCALE), ("most_blocks", float(MOST_BLOCKS))),
                "description": (
                    "100 × the squared maximum mean discrepancy under a Gaussian kernel whose "
                    "width is the median distance between references. Products within a song or "
                    "speaker are left out of all terms, which makes it unbiased for paired items; "
                    "packages that leave in the product of an estimate with its own reference "
                    f"read lower. Below 0 by chance. {_JACKKNIFE}"
                ),
            },
        ),
        (
            distances.precision,
            share(
                id="precision",
                title="Precision",
                citation="Kynkäänniemi et al., NeurIPS 2019",
                description="Share of the estimates' embeddings inside the references' region.",
            ),
        ),
        (
            distances.recall,
            share(
                id="recall",
                title="Recall",
                citation="Kynkäänniemi et al., NeurIPS 2019",
                description="Share of the references' embeddings inside the estimates' region.",
            ),
        ),
        (
            distances.density,
            share(
                id="density",
                title="Density",
                high=None,
                citation="Naeem et al., ICML 2020",
                description=(
                    "Number of references whose neighbourhood holds an estimate, mean over the "
                    "estimates, over k. Above 1 where estimates crowd the references' centre."
                ),
            ),
        ),
        (
            distances.coverage,
            share(
                id="coverage",
                title="Coverage",
                citation="Naeem et al., ICML 2020",
                description="Share of the references with an estimate in their neighbourhood.",
            ),
        ),
        (
            distances.fad_item,
            {
                "id": "fad_item",
                "title": "Fréchet distance of an item",
                "version": "1",
                "needs": "item_of_set",
                "shortest_s": embedder.window_s + embedder.hop_s,
                "citation": "Gui et al.: Adapting Fréchet Audio Distance, ICASSP 2024 (per song)",
                "description": (
                    "Fréchet distance of the Gaussian of one estimate's embeddings to that of all "
                    "references: how unusual the item sounds. Not 0 for the reference itself; "
                    "compare systems on the same items."
                ),
            },
        ),
        (
            distances.embedding_distance,
            {
                "id": "embedding_distance",
                "title": "Embedding distance",
                "version": "1",
                "needs": "item_of_set",
                "citation": "own definition",
                "description": (
                    "Mean Euclidean distance of the embeddings of an item's windows to those of "
                    "the same windows of its reference."
                ),
            },
        ),
    ]
