"""Train the level network on songs; choose the epoch by validation songs, never by test songs."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .examples import SongBlocks
from .network import LevelNetwork

BATCH = 25
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Epoch:
    """Mean squared errors in LU² over the blocks of an epoch."""

    epoch: int
    train_mse_lu2: float
    validation_mse_lu2: float


def train(
    network: LevelNetwork,
    training: Sequence[SongBlocks],
    validation: Sequence[SongBlocks],
    *,
    epochs: int,
    seed: int,
) -> list[Epoch]:
    """Adam on the squared error, batches of 25 blocks shuffled over songs; deterministic.

    Leaves the network, in evaluation mode, at the epoch with the lowest validation error.
    """
    power = torch.cat([song.power for song in training])
    target = torch.cat([song.target_lu for song in training])
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    shuffle = torch.Generator().manual_seed(seed)
    history: list[Epoch] = []
    best = (float("inf"), copy.deepcopy(network.state_dict()))
    for epoch in range(1, epochs + 1):
        network.train()
        total = 0.0
        for batch in torch.split(torch.randperm(len(power), generator=shuffle), BATCH):
            if len(batch) < 2:  # normalisation needs more than one block
                continue
            loss = torch.nn.functional.mse_loss(network(power[batch]), target[batch])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += loss.item() * len(batch)
        history.append(Epoch(epoch, total / len(power), block_error(network, validation)))
        if history[-1].validation_mse_lu2 < best[0]:
            best = (history[-1].validation_mse_lu2, copy.deepcopy(network.state_dict()))
    network.load_state_dict(best[1])
    network.eval()
    return history


@torch.inference_mode()
def block_error(network: LevelNetwork, songs: Sequence[SongBlocks]) -> float:
    """Mean squared error over all blocks, in LU²."""
    network.eval()
    squares = [(network(song.power) - song.target_lu).square() for song in songs]
    return float(torch.cat(squares).mean())


@torch.inference_mode()
def predict_song_lu(network: LevelNetwork, power: torch.Tensor) -> float:
    """The prediction for a song: the mean over its blocks."""
    network.eval()
    return float(network(power).mean())
