"""Read every item once before anything renders: the broken ones become failed rows, not crashes."""

from __future__ import annotations

from earwitness.stimuli.dataset import Dataset, Item
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.run_folder import files_digest

from .inputs import ItemState, item_inputs
from .plan import Plan
from .progress import Progress
from .store import Record, Records, content_key

# Raised when an item is read or judged in another way.
ITEM_VERSION = 1
STORE_EVERY = 64  # items: each time waits for the disk


def check_items(plan: Plan, store: Records, progress: Progress) -> list[ItemState]:
    """The state of every item of the plan, in its order; what is stored is not read again."""
    items = [(dataset, item) for dataset in plan.datasets for item in dataset.items]
    progress.begin("check", len(items))
    states = []
    new: dict[str, Record] = {}
    for dataset, item in items:
        states.append(_check(dataset, item, store, new))
        progress.checked(item.id, states[-1].reason)
        if len(new) >= STORE_EVERY:
            store.put(new)
            new = {}
    store.put(new)
    return states


def _check(dataset: Dataset, item: Item, store: Records, new: dict[str, Record]) -> ItemState:
    digest = item_digest(dataset, item)
    key = content_key("item", ITEM_VERSION, digest)
    record = store.get(key)
    if record is None:
        record = new[key] = _read(dataset, item)
    return ItemState(dataset, item, digest, record["channels"], record["frames"], record["reason"])


def item_digest(dataset: Dataset, item: Item) -> str:
    """SHA-256 over everything that decides what systems and metrics are handed of an item."""
    try:
        files = files_digest(dataset.files(item), item.folder)
    except OSError as error:
        files = f"unreadable: {error.strerror}"
    about = (dataset.task, dataset.rate, dataset.inputs, dataset.reference)
    return content_key("item", *about, item.id, item.group, files)


def _read(dataset: Dataset, item: Item) -> Record:
    """Read all of an item as a system would; the record says what came of it."""
    try:
        reference = item_inputs(dataset, item, with_reference=True).reference
        assert reference is not None
        channels, frames = reference.audio.shape
        return {"channels": channels, "frames": frames, "reason": ""}
    except DataError as error:
        return {"channels": 0, "frames": 0, "reason": str(error)}
