"""`datapackage.json`: the exported CSV files described as a Frictionless tabular data package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from earwitness.stimuli.schema import EVENTS, PARTICIPANTS, RATINGS, SESSIONS, SYSTEMS, Table
from earwitness.stimuli.study import Study

PACKAGE_FILE = "datapackage.json"
KEYS = {
    RATINGS.name: ["session", "trial", "slot", "scale"],
    SESSIONS.name: ["session"],
    PARTICIPANTS.name: ["participant"],
    SYSTEMS.name: ["system"],
    EVENTS.name: ["session", "event"],
}


def write_package(
    path: Path, frames: Mapping[str, pd.DataFrame], study: Study, audit_head: str
) -> None:
    """Write the description of all tables; `audit_head` is the newest digest of the audit log."""
    package = {
        "profile": "tabular-data-package",
        "name": study.study.id,
        "title": study.study.title,
        "version": study.study.version,
        "pageTypes": {page.type: page.revision for page in study.pages},
        "audit_sha256": audit_head,
        "resources": [
            _resource(table, frames[table.name])
            for table in (RATINGS, SESSIONS, PARTICIPANTS, SYSTEMS, EVENTS)
        ],
    }
    path.write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _resource(table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    known = [
        {"name": column.name, "type": column.kind, "description": column.meaning}
        for column in table.columns
    ]
    extra = [
        {"name": name, "type": _kind(frame[name])}
        for name in frame.columns
        if name not in table.names
    ]
    return {
        "name": table.name,
        "path": f"{table.name}.csv",
        "profile": "tabular-data-resource",
        "description": f"One row: {table.row}.",
        "encoding": "utf-8",
        "schema": {
            "fields": known + extra,
            "missingValues": [""],
            "primaryKey": KEYS[table.name],
        },
    }


def _kind(values: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(values.dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(values.dtype):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(values.dtype) else "string"
