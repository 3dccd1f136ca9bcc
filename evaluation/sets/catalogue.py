"""All embedders by name, and how `--embedder` finds one."""

from __future__ import annotations

from collections.abc import Sequence

from earwitness.stimuli.errors import ConfigError

from .embedder import Embedder
from .frechet_audio import FAD_EXTRA
from .graph_file import graph_embedder, runs_code
from .handcrafted import HANDCRAFTED
from .metrics import SetMetric, metrics_of
from .networks import CREPE_TINY, NOTES, VOICE

EMBEDDERS = {one.id: one for one in (HANDCRAFTED, CREPE_TINY, VOICE, NOTES, *FAD_EXTRA)}


def metrics_over(sources: Sequence[str], *, trust: bool) -> list[SetMetric]:
    """The set-level metrics over embedders that are named, or lie in files.

    Args:
        sources: names of the catalogue, or `FILE:RATE_HZ[:WINDOW_S]`.
        trust: let files run their code.

    Raises:
        ConfigError: there is no such embedder or file, a file would run code, or two have one
            name.
    """
    found: dict[str, Embedder] = {}
    for source in sources:
        embedder = EMBEDDERS.get(source) or _of_file(source, trust)
        if embedder.id in found or (source != embedder.id and embedder.id in EMBEDDERS):
            raise ConfigError(f"--embedder {source}: another one is called {embedder.id}; rename")
        found[embedder.id] = embedder
    return [metric for embedder in found.values() for metric in metrics_of(embedder)]


def _of_file(source: str, trust: bool) -> Embedder:
    if ":" not in source:
        raise ConfigError(
            f"--embedder {source}: none of this name; known: {', '.join(EMBEDDERS)}; "
            "or give FILE:RATE_HZ[:WINDOW_S]"
        )
    if runs_code(source) and not trust:
        raise ConfigError(f"--embedder {source}: it runs code; add --trust if you trust it")
    return graph_embedder(source)
