"""Category scales in the words of the standards; labels lowest first.

Sources: ITU-T P.800 annexes B, D and E, ITU-T P.808 and ITU-T P.835.
"""

from __future__ import annotations

from typing import NamedTuple


class Preset(NamedTuple):
    """A question with its labels, lowest first."""

    question: str
    labels: tuple[str, ...]


_QUALITY = ("Bad", "Poor", "Fair", "Good", "Excellent")

PRESETS = {
    "p800-quality": Preset("What is your opinion of the quality of the speech?", _QUALITY),
    "p808-quality": Preset("How do you rate the overall quality of the speech?", _QUALITY),
    "p800-effort": Preset(
        "How much effort do you need to understand the meaning of the sentences?",
        (
            "No meaning understood with any feasible effort",
            "Considerable effort required",
            "Moderate effort required",
            "Attention necessary; no appreciable effort required",
            "Complete relaxation possible; no effort required",
        ),
    ),
    "p800-loudness": Preset(
        "How loud is the speech?",
        (
            "Much quieter than preferred",
            "Quieter than preferred",
            "Preferred",
            "Louder than preferred",
            "Much louder than preferred",
        ),
    ),
    "p800-degradation": Preset(
        "How do you rate the degradation of the second sound against the first?",
        (
            "Degradation is very annoying",
            "Degradation is annoying",
            "Degradation is slightly annoying",
            "Degradation is audible but not annoying",
            "Degradation is inaudible",
        ),
    ),
    "p835-signal": Preset(
        "Attending only to the speech, how distorted is it?",
        (
            "Very distorted",
            "Fairly distorted",
            "Somewhat distorted",
            "Slightly distorted",
            "Not distorted",
        ),
    ),
    "p835-background": Preset(
        "Attending only to the background, how do you find it?",
        (
            "Very intrusive",
            "Somewhat intrusive",
            "Noticeable but not intrusive",
            "Slightly noticeable",
            "Not noticeable",
        ),
    ),
    "p835-overall": Preset(
        "Attending to the whole, how do you rate its quality for everyday speech?", _QUALITY
    ),
}
