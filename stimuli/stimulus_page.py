"""What is heard side by side: the versions of one item, each made from a rendering."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .schema import Role

StimulusRole = Role | Literal["training"]


@dataclass(frozen=True)
class Version:
    """One version of an item; `degradation` names what is done to the rendering, if anything.

    Two takes of a version differ in their dither only, so that a hidden copy has other bytes than
    the open one.
    """

    system: str
    role: StimulusRole
    path: Path
    degradation: str = ""
    take: int = 0


@dataclass(frozen=True)
class StimulusPage:
    """All versions that are heard side by side; `page` is the only page that has them, or empty."""

    item: str
    page: str
    versions: tuple[Version, ...]
    rivals: tuple[Version, ...] = ()  # what the bad version of a training must not sound like
    is_training: bool = False

    def where(self, version: Version) -> str:
        """Names a version in a finding."""
        return f"{version.system}/{self.item}" + (f" (page {self.page})" if self.page else "")
