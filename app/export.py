"""Everything that was stored, as the tables of `earwitness.stimuli.schema`.

Each table is written as Parquet and as CSV, with `datapackage.json` to describe them and
`webmushra.csv` for scripts that read webMUSHRA's results. A file is replaced only by a whole one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.schema import EVENTS, PARTICIPANTS, RATINGS, SESSIONS, SYSTEMS
from earwitness.stimuli.study import StudyFolder

from .db import Database
from .export_package import PACKAGE_FILE, write_package
from .export_privacy import small_cells
from .export_tables import Frames, read_frames
from .invitations import open_study_database
from .upkeep.audit import verify
from .webmushra import WEBMUSHRA_FILE, webmushra_frame

TABLES = (RATINGS, SESSIONS, PARTICIPANTS, SYSTEMS, EVENTS)
EXPORT_FILES = (
    *(f"{table.name}.{suffix}" for table in TABLES for suffix in ("csv", "parquet")),
    WEBMUSHRA_FILE,
    PACKAGE_FILE,
)
# These tell which slot was which system.
UNBLINDING_FILES = {
    *(f"{table.name}.{suffix}" for table in (RATINGS, SYSTEMS) for suffix in ("csv", "parquet")),
    WEBMUSHRA_FILE,
}
VALUES = {"value", "rating_score"}  # whole numbers on most scales
# A spreadsheet takes a text cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def export(
    folder: StudyFolder,
    database: Database | None = None,
    *,
    free_text: bool = False,
    warn: Callable[[str], None] | None = None,
) -> Path:
    """Write all tables of a study to `exports/` and return that folder.

    Args:
        folder: the study.
        database: its database, where it is open already.
        free_text: write what participants typed, which may name them or others.
        warn: told of groups so small that somebody might be recognised.

    Raises:
        EarwitnessError: the study is not prepared, or the database or folder is not accessible.
    """
    opened = open_study_database(folder) if database is None else database
    try:
        frames = read_frames(opened, folder, free_text=free_text)
        with opened.read() as transaction:
            audit_head = verify(transaction).head
    finally:
        if database is None:
            opened.close()
    try:
        folder.exports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.exports, prefix=".part-") as partial:
            _write_all(Path(partial), frames, folder, audit_head)
            for name in EXPORT_FILES:
                (Path(partial) / name).replace(folder.exports / name)
    except OSError as error:
        raise DataError(f"{folder.exports}: cannot be written ({error})") from error
    if warn is not None:
        for cell in small_cells(frames):
            warn(cell)
    return folder.exports


def _write_all(target: Path, frames: Frames, folder: StudyFolder, audit_head: str) -> None:
    for table in TABLES:
        frame = frames[table.name]
        write_csv(frame, target / f"{table.name}.csv")
        frame.to_parquet(target / f"{table.name}.parquet", index=False)
    write_csv(webmushra_frame(frames), target / WEBMUSHRA_FILE)
    write_package(target / PACKAGE_FILE, frames, folder.study, audit_head)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """CSV whose text cells and headers cannot run as formulas; numbers stay as they are."""
    safe = pd.DataFrame(
        {
            neutral(name): frame[name].map(neutral, na_action="ignore")
            if pd.api.types.is_string_dtype(frame[name].dtype)
            else frame[name]
            for name in frame.columns
        },
        columns=[neutral(name) for name in frame.columns],
    )
    for name in VALUES & set(safe.columns):
        safe[name] = safe[name].astype(object).map(_plain, na_action="ignore")
    safe.to_csv(path, index=False)


def _plain(value: float) -> float:
    """A whole number without decimals: `4`, as categories are, beside `0.5`."""
    return int(value) if value == int(value) else value


def neutral(text: str) -> str:
    """A text cell that a spreadsheet shows and never computes (an apostrophe in front)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
