"""A participant at a real browser, who uses the keyboard only."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SAVED = "All answers saved"
DECLINE = "Prefer not to answer"


@dataclass
class Listener:
    """Goes through a study by pressing keys; `given` collects the answers by slot and scale."""

    page: Page
    given: dict[tuple[str, str], int | None] = field(default_factory=dict)

    def start(self, url: str) -> None:
        """Open the study's link and press Start."""
        self.page.goto(url)
        self.submit("Start")

    def to_trial(self, url: str) -> None:
        """From the link to the first page with versions (the training page)."""
        self.start(url)
        self.consent()
        self.questionnaire()
        self.level()
        self.wait_until_ready()

    def consent(self) -> None:
        for box in self.page.get_by_role("checkbox").all():
            self.tab_to(box)
            self.press("Space")
        self.submit("I agree")

    def questionnaire(self) -> None:
        self.tab_to(self.page.get_by_role("radio").first)
        self.press("Space")
        self.tab_to(self.page.get_by_role("textbox"))
        self.page.keyboard.type("At home & quiet + ☂")
        self.submit("Continue")

    def level(self) -> None:
        self.wait_until_ready()
        self.press("p")
        self.tab_to(self.page.get_by_role("slider", name="Level"))
        for _ in range(3):
            self.press("ArrowLeft")
        self.submit("Keep this level")

    def wait_until_ready(self) -> None:
        """Wait until all versions of the page are loaded."""
        expect(self.page.locator("[data-state=ready]")).to_be_visible()

    def hear_all(self) -> None:
        """Play each version until its scales are open."""
        self.wait_until_ready()
        for letter in self.letters():
            self.press(letter.lower())
            expect(self.cells(letter).get_by_role("radio").first).to_be_enabled()

    def letters(self) -> list[str]:
        return self.page.locator(".version__letter").all_inner_texts()

    def cells(self, letter: str) -> Locator:
        return self.page.locator(f'fieldset[data-name="Version {letter}"]')

    def answer(self, cell: Locator, value: int | None) -> None:
        """Choose a value by arrow keys, or decline (None)."""
        radios = cell.get_by_role("radio")
        steps = radios.count() - 1 if value is None else value - 1
        self.tab_to(cell.locator("input[type=radio]:checked, input[type=radio] >> nth=0").first)
        self.press("Space")
        for _ in range(steps):
            self.press("ArrowDown")
        slot, scale = (cell.get_attribute(name) or "" for name in ("data-slot", "data-scale"))
        self.given[slot, scale] = value

    def rate_all(self, values: list[int | None]) -> None:
        """Answer every scale of every version in the page's order, with `values` in turn."""
        cells = self.page.locator("fieldset[data-scale]").all()
        for number, cell in enumerate(cells):
            self.answer(cell, values[number % len(values)])
        expect(self.page.get_by_text(SAVED)).to_be_visible()

    def next(self) -> None:
        self.submit("Next")

    def submit(self, name: str) -> None:
        """Press a button that leads to the next page."""
        self.tab_to(self.page.get_by_role("button", name=name))
        with self.page.expect_navigation():
            self.press("Enter")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def tab_to(self, target: Locator, limit: int = 120) -> None:
        """Press Tab until `target` has the focus."""
        handle = target.element_handle()
        for _ in range(limit):
            if handle.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"the Tab key does not reach {target}")


def stored_events(database: Path, url: str) -> Counter[str]:
    """How many events of each kind the database has for a session's link."""
    query = """
        SELECT events.kind, COUNT(*) FROM events JOIN sessions ON sessions.id = events.session_id
        WHERE sessions.token = ? GROUP BY events.kind
    """
    return Counter(dict(_rows(database, query, url)))


def stored_ratings(database: Path, url: str) -> dict[tuple[str, str], int | None]:
    """Slot and scale → value (None: declined) as the database has them for a session's link."""
    query = """
        SELECT slots.token, ratings.scale, ratings.value, ratings.declined
        FROM ratings JOIN slots ON slots.id = ratings.slot_id
        JOIN trials ON trials.id = slots.trial_id JOIN sessions ON sessions.id = trials.session_id
        WHERE sessions.token = ?
    """
    rows = _rows(database, query, url)
    assert all((value is None) == bool(declined) for _, _, value, declined in rows)
    return {(slot, scale): value for slot, scale, value, _ in rows}


def _rows(database: Path, query: str, url: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query, (url.rsplit("/", 1)[1],)).fetchall()
