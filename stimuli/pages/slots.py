"""Which stimuli a page may use, and how they become the slots of a trial."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .base import TrialPage
from .trials import SLOT_LETTERS, Order

if TYPE_CHECKING:
    from ..manifest import Stimulus, StimulusSet
    from ..study import Study


def stimuli_by_item(
    page: TrialPage, stimuli: StimulusSet, *, take: int = 0
) -> dict[str, dict[str, Stimulus]]:
    """Item → system → stimulus of what a page may use."""
    name = page.id if page.has_own_audio else ""
    found: dict[str, dict[str, Stimulus]] = {}
    for stimulus in stimuli.stimuli:
        is_meant = (stimulus.page, stimulus.take) == (name, take)
        if is_meant and (not page.items or stimulus.item in page.items):
            found.setdefault(stimulus.item, {})[stimulus.system] = stimulus
    return found


def of_the_study(study: Study, by_system: dict[str, Stimulus]) -> dict[str, Stimulus]:
    """Without the anchors and the reference that other pages add."""
    return {name: by_system[name] for name in study.stimuli.systems if name in by_system}


def lettered(
    by_system: dict[str, Stimulus], order: Order, *key: object
) -> tuple[tuple[str, Stimulus], ...]:
    """The versions as A, B, C, … in the order that the seed decides."""
    names = order.shuffled(by_system, *key)
    return tuple(zip(SLOT_LETTERS, (by_system[name] for name in names), strict=False))


def refuse_too_many(page: TrialPage, systems: Iterable[str], added: int = 0) -> None:
    """Refuse more versions in one trial than a standard allows.

    Raises:
        ValueError: more than 12 (ITU-R BS.1534-3 §5.1).
    """
    count = len(list(systems))
    if count + added > len(SLOT_LETTERS):
        with_added = f" and {added} more" if added else ""
        raise ValueError(
            f"stimuli.systems names {count} systems{with_added}; a trial of the page {page.id} "
            f"holds at most {len(SLOT_LETTERS)} (ITU-R BS.1534-3)"
        )
