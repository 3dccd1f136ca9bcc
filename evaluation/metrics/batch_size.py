"""How many samples a batch may have: what memory allows, found by growing and halving."""

from __future__ import annotations

from dataclasses import dataclass

import torch

# Samples of one side of a batch (channels and padding included): below 1 GB of views and
# transforms on a CPU, and four systems of 10 s of stereo music.
CPU_SAMPLES = 2**22
# Enough to fill an accelerator; more would only wait longer for its files.
MOST_SAMPLES = 2**25
# Free memory for each sample of a first batch: views and transforms of all metrics, with room.
CAREFUL_BYTES = 2048


@dataclass
class BatchSize:
    """Samples of one side that a batch may have.

    Attributes:
        limit: now.
        most: where growing ends.
    """

    limit: int
    most: int

    def fitted(self, samples: int) -> None:
        """A batch of so many samples fitted: one that was about full allows twice the size."""
        if 2 * samples > self.limit:
            self.limit = min(2 * self.limit, self.most)

    def overflowed(self, samples: int) -> None:
        """Memory has run out: from now on at most `samples`."""
        self.limit = self.most = max(1, min(self.limit, samples))


def first_size(device: str, free_bytes: int | None = None) -> BatchSize:
    """What to begin with: fixed on a CPU, by the free memory of an accelerator.

    Args:
        device: torch's name of the device.
        free_bytes: free memory; None asks the accelerator.
    """
    if torch.device(device).type == "cpu":
        return BatchSize(CPU_SAMPLES, CPU_SAMPLES)
    free = torch.cuda.mem_get_info(device)[0] if free_bytes is None else free_bytes
    return BatchSize(max(1, min(MOST_SAMPLES, free // CAREFUL_BYTES)), MOST_SAMPLES)
