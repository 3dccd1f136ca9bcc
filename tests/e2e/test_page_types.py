"""Each page type in a real browser, by keyboard alone, and to a screen reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from e2e.conftest import Served
from e2e.listener import DECLINE, SAVED, Listener, stored_ratings
from e2e.test_accessibility import ALL_RULES, check, faults
from every_type_study import prepared_every_type_study
from playwright.sync_api import Locator, Page, expect

from earwitness.app.background import background_server


@pytest.fixture(scope="module")
def every_type(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = prepared_every_type_study(tmp_path_factory.mktemp("every"))
    with background_server(folder.root, workers=1) as server:
        yield Served(folder, server.url)
        server.kill()  # nothing is stored any more; a polite end takes seconds


def open_cells(page: Page) -> Locator:
    return page.locator("fieldset[data-scale]:enabled")


def kind_of(page: Page) -> str:
    return (page.locator("form.trial").get_attribute("class") or "").split("--")[1]


def hear(page: Page, letter: str) -> None:
    """Play a version for more than the second after which it can be judged."""
    page.keyboard.press(letter.lower())
    expect(page.get_by_text(f"Playing {name(letter)}", exact=True)).to_be_visible()
    page.wait_for_timeout(1200)


def name(letter: str) -> str:
    return {"R": "the reference", "P": "the clip"}.get(letter, f"version {letter}")


def rate_mushra(page: Page, listener: Listener) -> list[int]:
    """Rate each version in turn; only the one that was chosen last is open."""
    hear(page, "R")
    expect(open_cells(page)).to_have_count(0)
    given = []
    for place, letter in enumerate("ABCDE"):
        hear(page, letter)
        expect(open_cells(page)).to_have_count(1)
        slider = page.get_by_role("slider", name=f"Version {letter}")
        expect(slider).to_be_enabled()
        assert slider.get_attribute("aria-valuetext") == "not rated yet"
        if place == 0:
            listener.tab_to(slider)
        expect(slider).to_be_focused()  # the focus goes where the sound goes
        listener.press(["End", "PageDown", "ArrowUp", "ArrowDown", "Enter"][place])
        given.append(int(slider.input_value()))
    words = [one.get_attribute("aria-valuetext") for one in page.get_by_role("slider").all()]
    assert words[1:4] == ["100, Excellent", "40, Fair", "51, Fair"]
    return given


def check_after_a_reload(page: Page, listener: Listener) -> None:
    """The answers are there again, and one is declined and given again."""
    expect(page.get_by_text(SAVED)).to_be_visible()
    page.reload()
    listener.wait_until_ready()
    shown = [one.get_attribute("aria-valuetext") for one in page.get_by_role("slider").all()]
    assert shown[1:] == ["100, Excellent", "40, Fair", "51, Fair", "49, Fair", "50, Fair"]
    hear(page, "B")
    decline = open_cells(page).get_by_label(DECLINE)
    listener.tab_to(decline)
    listener.press("Space")
    expect(page.locator("[data-decline]:checked")).to_have_count(1)
    listener.press("Space")
    expect(page.locator("[data-decline]:checked")).to_have_count(0)


def answer(page: Page, listener: Listener, kind: str) -> None:
    """Answer all questions of a trial by keyboard."""
    expect(open_cells(page)).to_have_count(0)
    for letter in {"ab": "AB", "abx": "ABX", "dcr": "RA"}.get(kind, "P"):
        hear(page, letter)
    for cell in page.locator("fieldset[data-scale]").all():
        control = cell.locator("input").first
        expect(control).to_be_enabled()
        listener.tab_to(control)
        if cell.get_attribute("data-kind") == "text":
            digits = control.get_attribute("data-digits")
            page.keyboard.type("5x29" if digits else "a cat & a “bat” ☂")
        else:
            listener.press("Space")


def test_a_keyboard_is_enough_for_every_page_type(page: Page, every_type: Served) -> None:
    listener = Listener(page)
    listener.start(every_type.url)
    listener.level()
    link, checked = page.url, set()
    while page.locator("[data-trial]").count():
        listener.wait_until_ready()
        kind = kind_of(page)
        if kind == "mushra":
            rated = rate_mushra(page, listener)
            assert rated == [100, 40, 51, 49, 50]
            if kind not in checked:
                check_after_a_reload(page, listener)
        else:
            answer(page, listener, kind)
        if kind not in checked:
            checked.add(kind)
            if kind in ("mushra", "words"):
                check(page)  # in every size and scheme
            assert faults(page, ALL_RULES) == []
        if kind == "words":
            expect(page.get_by_text("Paused")).to_be_visible()
            page.keyboard.press("p")  # once is all there is
            expect(page.get_by_text("as often as this test allows")).to_be_visible()
        if kind == "transcription":
            listener.press("Tab")
        expect(page.get_by_text(SAVED)).to_be_visible()
        listener.next()
    expect(page.get_by_text("Your completion code")).to_be_visible()
    assert checked == {
        "acr", "p835", "dcr", "mushra", "ab", "abx", "words", "transcription", "digits",
    }  # fmt: skip
    ratings = stored_ratings(every_type.folder.database, link)
    stored = [(scale, value) for (_, scale), value in ratings.items()]
    assert sorted(value for scale, value in stored if scale == "quality") == [
        40, 40, 49, 49, 50, 50, 51, 51, 100, 100,
    ]  # fmt: skip
    assert sorted(value for scale, value in stored if scale == "preference") == [0, 0, 1, 1]
    assert len(stored) == 4 + 6 + 3 + 10 + 4 + 2 + 2 + 2 + 2
