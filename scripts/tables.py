"""Write docs/tables.md from the table contracts in `earwitness.stimuli.schema`."""

from __future__ import annotations

from pathlib import Path

from earwitness.stimuli.schema import RATINGS_NEEDED, TABLES, Table

TARGET = Path(__file__).resolve().parent.parent / "docs" / "tables.md"
HEAD = f"""# Tables

Every table that Earwitness writes, as CSV and Parquet (UTF-8, one header line). Made by
`scripts/tables.py` from `stimuli/schema.py`; do not edit. A rating table from elsewhere needs only
the columns {", ".join(f"`{name}`" for name in RATINGS_NEEDED)}.
"""


def section(table: Table) -> str:
    """The Markdown section of one table."""
    rows = [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in table.columns]
    more = ["", "Further columns may follow."] if table.extra_columns else []
    head = [f"## {table.name}", "", f"One row is {table.row}.", ""]
    return "\n".join([*head, "| column | type | meaning |", "|---|---|---|", *rows, *more, ""])


def text() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(table) for table in TABLES)])


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
