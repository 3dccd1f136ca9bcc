"""Registers the set-level metrics that every run computes."""

from __future__ import annotations

from ..metrics.registry import add
from .handcrafted import HANDCRAFTED
from .metrics import metrics_of

for _made in metrics_of(HANDCRAFTED):
    add(_made)
