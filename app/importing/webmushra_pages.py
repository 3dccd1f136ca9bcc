"""webMUSHRA's configuration (its documented YAML) as typed pages, and what of it is left out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from earwitness.stimuli.errors import ConfigError

AUDIO_TYPES = ("mushra", "paired_comparison", "likert_multi_stimulus", "likert_single_stimulus")
TYPES = ("generic", "volume", *AUDIO_TYPES, "finish")


@dataclass(frozen=True)
class OldPage:
    """One page: its type, id, title, plain text, and its own keys; `group` numbers a shuffle."""

    type: str
    id: str
    title: str
    text: str
    keys: dict[str, Any]
    group: int


@dataclass
class OldTest:
    """A configuration: what it is called, its pages in order, and lines about what is lost."""

    id: str
    title: str
    pages: list[OldPage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_webmushra(path: Path) -> OldTest:
    """Read a configuration file.

    Raises:
        ConfigError: it is no YAML, or not webMUSHRA's.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: cannot be read as YAML ({reason})") from error
    if not isinstance(data, dict) or not isinstance(data.get("pages"), list):
        raise ConfigError(f"{path}: not a configuration of webMUSHRA: it has no list `pages`")
    test = OldTest(str(data.get("testId") or path.stem), str(data.get("testname") or path.stem))
    for number, (page, group) in enumerate(_flat(data["pages"], [0]), start=1):
        _add(test, path, number, page, group)
    if not any(page.type in AUDIO_TYPES for page in test.pages):
        raise ConfigError(f"{path}: no page with stimuli that could be imported")
    return test


def _flat(pages: list[Any], counter: list[int]) -> Iterator[tuple[Any, int]]:
    """Pages in order with the number of the shuffled list that they stand in (0: in none)."""
    group = 0
    if pages and pages[0] == "random":
        counter[0] += 1
        group, pages = counter[0], pages[1:]
    for page in pages:
        if isinstance(page, list):
            yield from _flat(page, counter)
        else:
            yield page, group


def _add(test: OldTest, path: Path, number: int, page: Any, group: int) -> None:
    if not isinstance(page, dict) or not isinstance(page.get("type"), str):
        raise ConfigError(f"{path}: page {number} has no `type`")
    kind, name = page["type"], str(page.get("id") or f"page-{number}")
    if kind not in TYPES:
        test.notes.append(f"page {name}: type {kind} has no counterpart here; left out")
        return
    if kind in AUDIO_TYPES and not _is_stimuli(page.get("stimuli")):
        raise ConfigError(f"{path}: page {name}: `stimuli` must map names to files")
    test.pages.append(
        OldPage(
            type=kind,
            id=name,
            title=plain(str(page.get("name") or "")),
            text=plain(str(page.get("content") or "")),
            keys=page,
            group=group,
        )
    )


def _is_stimuli(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(bool, value.values()))


def plain(content: str) -> str:
    """HTML as plain text; paragraphs and line breaks stay."""
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", "", content)
    text = re.sub(r"(?i)<br\s*/?>|</(p|div|li|h\d)>", "\n\n", text)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
