"""Embeddings of a run on disk, by content: `RUN/store/embeddings/<SHA-256>.npy`, float32."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from earwitness.stimuli.errors import DataError

from ..store import Record, Records, content_key
from .embedder import Embedder

# Raised when an embedder is handed other signals.
EMBEDDING_VERSION = 1


@dataclass(frozen=True)
class Keep:
    """What a run folder has of embeddings: arrays in files, why one is missing in the store."""

    run: Path
    store: Records

    def estimate_key(self, embedder: Embedder, rendering: str, item: str) -> str:
        """The key of a rendering's embeddings: its level is matched to the reference."""
        about = (embedder.id, embedder.version, rendering, item)
        return content_key("embedding", EMBEDDING_VERSION, *about)

    def reference_key(self, embedder: Embedder, item: str) -> str:
        """The key of a reference's embeddings, which all systems share."""
        return self.estimate_key(embedder, "reference", item)

    def has(self, key: str) -> bool:
        """Whether there are embeddings."""
        return self._path(key).is_file()

    def reason(self, key: str) -> str:
        """Why there are no embeddings; empty where there are, or nobody tried in this attempt."""
        record = self.store.get(key)
        if record is None or record["attempt"] != self.store.attempt:
            return ""
        reason: str = record["reason"]
        return reason

    def read(self, key: str) -> Tensor:
        """The embeddings, window × dimension.

        Raises:
            DataError: the file is missing or damaged.
        """
        path = self._path(key)
        try:
            return torch.from_numpy(np.load(path, allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path}: unreadable ({error}); delete it, run again") from error

    def write(self, key: str, embeddings: Tensor) -> None:
        """Keep embeddings, whole or not at all.

        Raises:
            DataError: the run folder cannot be written.
        """
        path = self._path(key)
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                np.save(file, embeddings.numpy(), allow_pickle=False)
            partial.replace(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error.strerror})") from error

    def missing(self, reason: str) -> Record:
        """The record of a key that has no embeddings."""
        return {"reason": reason, "attempt": self.store.attempt}

    def _path(self, key: str) -> Path:
        return self.run / "store" / "embeddings" / f"{key.partition(':')[2]}.npy"
