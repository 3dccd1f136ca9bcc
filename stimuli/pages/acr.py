"""Absolute category rating of single stimuli (ITU-T P.800, P.808)."""

from __future__ import annotations

from typing import Literal

from .labelled import ScalesPage
from .single import SinglePage


class AcrPage(SinglePage, ScalesPage):
    """One version at a time on one or several labelled scales.

    The words of P.800, P.808 and P.835 come with `[[scales]] preset`.
    """

    type: Literal["acr"]
