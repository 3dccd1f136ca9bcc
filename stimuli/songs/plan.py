"""What a generated song is: tempo, harmony, arrangement and how its mix was set, from one seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

RELATIVE_LOUDNESS_LU = -2.5
DENSITY_LU = 2.0  # a full arrangement covers the lead, so that it is mixed louder
BRIGHTNESS_LU = -1.5  # a bright voice is heard anyway, so that it is mixed softer
TASTE_LU = 0.8  # what nothing in the song explains

PROGRESSIONS = ((0, 5, 7, 0), (0, 9, 5, 7), (9, 5, 0, 7), (0, 7, 9, 5), (2, 7, 0, 0))


@dataclass(frozen=True)
class SongPlan:
    """A song before it sounds.

    Attributes:
        seed: what all else follows from.
        tempo_bpm: quarter notes per minute, 70 to 160.
        tonic_hz: the key's lowest tonic.
        progression: root of each bar's chord in semitones over the tonic.
        density: how full the backing is, 0 to 1: louder, busier drums and brighter chords.
        brightness: how bright the voice is, 0 to 1.
        relative_loudness_lu: LUFS(lead) − LUFS(backing) of the human mix: −2.5 + 2.0 z(density)
            − 1.5 z(brightness) + 0.8 N(0, 1), where z has mean 0 and deviation 1. What a
            perfect listener can predict of it is therefore R² = 0.91.
    """

    seed: int
    tempo_bpm: float
    tonic_hz: float
    progression: tuple[int, ...]
    density: float
    brightness: float
    relative_loudness_lu: float

    def facts(self) -> dict[str, float]:
        """The numbers of the plan by name, for a table."""
        return {k: v for k, v in asdict(self).items() if isinstance(v, int | float)}


def plan_song(seed: int) -> SongPlan:
    """The plan of a seed; seeds are independent of each other."""
    draw = np.random.default_rng([seed, 0])
    density, brightness = draw.uniform(size=2)
    spread = 1.0 / np.sqrt(12.0)  # standard deviation of a uniform draw
    relative = (
        RELATIVE_LOUDNESS_LU
        + DENSITY_LU * (density - 0.5) / spread
        + BRIGHTNESS_LU * (brightness - 0.5) / spread
        + TASTE_LU * draw.standard_normal()
    )
    return SongPlan(
        seed=seed,
        tempo_bpm=float(draw.uniform(70.0, 160.0)),
        tonic_hz=float(55.0 * 2.0 ** (draw.integers(0, 12) / 12.0)),
        progression=PROGRESSIONS[int(draw.integers(len(PROGRESSIONS)))],
        density=float(density),
        brightness=float(brightness),
        relative_loudness_lu=float(relative),
    )
