"""Write a study file: the few shapes of TOML that a study needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Table = Mapping[str, Any]


def study_text(sections: Mapping[str, Table | list[Table]], comment: str) -> str:
    """TOML of a study: tables and lists of tables in their order."""
    parts = [f"# {comment}\n\nschema = 1\n"]
    for name, content in sections.items():
        if isinstance(content, list):
            parts += [f"[[{name}]]\n{_lines(table)}" for table in content]
        else:
            parts.append(f"[{name}]\n{_lines(content)}")
    return "\n".join(parts)


def _lines(table: Table) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    # A JSON string is a TOML string but for one character.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
