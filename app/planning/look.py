"""The last look at a study that may stop early: kept in `STUDY/plan/look.json`, shown to its owner.

It holds no direction, no system and no size, so that whoever runs the study stays blind.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.study import StudyFolder

FILE = "look.json"


class LookRecord(BaseModel):
    """What a look said, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    looked_at: str  # ISO 8601, UTC
    participants: int
    at_most: int
    stop: bool
    why: str


def save_look(out: Path, participants: int, at_most: int, stop: bool, why: str) -> LookRecord:
    """Keep a look.

    Raises:
        DataError: the folder cannot be written.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = LookRecord(
        looked_at=now, participants=participants, at_most=at_most, stop=stop, why=why
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / FILE).write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error})") from error
    return record


def latest_look(folder: StudyFolder) -> LookRecord | None:
    """The last look; None if nobody looked yet, or what is there is no look."""
    try:
        return LookRecord.model_validate_json((folder.root / "plan" / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
