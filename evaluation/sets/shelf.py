"""Embeddings of a run on disk, by content: `RUN/store/embeddings/<SHA-256>.npy`, float32."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from earwitness.stimuli.errors import DataError

from ..pairs import PAIR_VERSION
from ..render import Rendered
from ..store import Records, content_key
from .embedder import Embedder

# Raised when windows are cut or embeddings stored in another way.
EMBEDDING_VERSION = 1


@dataclass(frozen=True)
class Shelf:
    """What a run folder has of embeddings: arrays in files, why one is missing in the store."""

    run: Path
    store: Records

    def keys(self, embedder: Embedder, rendered: Rendered) -> tuple[str, str]:
        """The keys of the embeddings of (estimate, reference); systems share the reference's.

        The estimate's depends on the reference too, whose loudness it is brought to.
        """
        item = rendered.job.state.digest
        about = (EMBEDDING_VERSION, PAIR_VERSION, embedder.id, embedder.version, item)
        return (
            content_key("embedding", *about, rendered.digest),
            content_key("embedding", *about, "reference"),
        )

    def is_known(self, keys: tuple[str, str]) -> bool:
        """Whether nothing is left to do for a rendering."""
        return bool(self.reason(keys[0])) or (self.has(keys[0]) and self.has(keys[1]))

    def has(self, key: str) -> bool:
        """Whether there are embeddings."""
        record = self.store.get(key)
        return record is not None and not record["reason"] and _path(self.run, key).is_file()

    def reason(self, key: str) -> str:
        """Why there are none, of this attempt: another one tries again."""
        record = self.store.get(key)
        if record is None or record["attempt"] != self.store.attempt:
            return ""
        reason: str = record["reason"]
        return reason

    def read(self, key: str) -> Tensor:
        """The embeddings, window × dimension.

        Raises:
            DataError: the file is damaged.
        """
        path = _path(self.run, key)
        try:
            return torch.from_numpy(np.load(path, allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path}: unreadable ({error}); delete it and run again") from error


def write_embeddings(run: Path, key: str, embeddings: Tensor) -> None:
    """Write embeddings, whole or not at all.

    Raises:
        DataError: the run folder cannot be written.
    """
    path = _path(run, key)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.save(file, embeddings.numpy(), allow_pickle=False)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error


def _path(run: Path, key: str) -> Path:
    return run / "store" / "embeddings" / f"{key.partition(':')[2]}.npy"
