"""An answer that was given is not lost: not by a killed server, a reload or a second device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e.listener import SAVED, Listener, stored_ratings
from listening_study import prepared_listening_study
from playwright.sync_api import Page, expect

from earwitness.app.background import background_server


def test_a_killed_server_loses_no_answer(tmp_path: Path, page: Page) -> None:
    folder = prepared_listening_study(tmp_path)
    listener = Listener(page)
    with background_server(folder.root, workers=1) as server:
        listener.to_trial(server.url)
        listener.hear_all()
        cells = page.locator("fieldset[data-scale]").all()
        listener.answer(cells[0], 2)
        expect(page.get_by_text(SAVED)).to_be_visible()
        server.kill()
        assert stored_ratings(folder.database, page.url) == listener.given
        listener.answer(cells[1], 5)
        listener.answer(cells[2], None)
        expect(page.get_by_text("No connection:")).to_be_visible()
        expect(cells[1].get_by_text("Saving")).to_be_visible()
        assert len(stored_ratings(folder.database, page.url)) == 1
    with background_server(folder.root, port=server.port, workers=1):
        expect(page.get_by_text(SAVED)).to_be_visible(timeout=30_000)
        assert stored_ratings(folder.database, page.url) == listener.given
        listener.answer(cells[3], 1)
        expect(page.get_by_text(SAVED)).to_be_visible()
        listener.next()
        assert stored_ratings(folder.database, page.url) == listener.given


def test_an_answer_given_offline_is_sent_after_a_reload(page: Page, served) -> None:
    listener = Listener(page)
    listener.to_trial(served.url)
    listener.hear_all()
    cell = page.locator("fieldset[data-scale]").first
    page.route("**/ratings/**", lambda route: route.abort())
    listener.answer(cell, 4)
    expect(page.get_by_text("No connection: 1 answer is kept on this device")).to_be_visible()
    assert stored_ratings(served.folder.database, page.url) == {}
    page.unroute("**/ratings/**")
    page.reload()
    expect(cell.get_by_label("Good")).to_be_checked()
    expect(page.get_by_text(SAVED)).to_be_visible()
    assert stored_ratings(served.folder.database, page.url) == listener.given


def test_an_answer_that_the_server_refuses_is_never_shown_as_saved(
    new_page: Callable[..., Page], served
) -> None:
    page, other_tab = new_page(), new_page()
    listener = Listener(page)
    listener.to_trial(served.url)
    listener.hear_all()
    other_tab.goto(page.url)
    with other_tab.expect_navigation():
        other_tab.get_by_role("button", name="Go on here").click()
    other_tab.get_by_role("button", name="Leave the study").click()
    other_tab.get_by_role("dialog").get_by_role("button", name="Leave the study").click()
    expect(other_tab.get_by_text("Your withdrawal code")).to_be_visible()
    cell = page.locator("fieldset[data-scale]").first
    cell.get_by_label("Good").check()
    expect(cell.get_by_text("Not saved: the session is withdrawn")).to_be_visible()
    assert stored_ratings(served.folder.database, page.url) == {}


def test_a_reload_resumes_at_the_same_place_with_the_answers_shown(
    new_page: Callable[..., Page], served
) -> None:
    page = new_page()
    listener = Listener(page)
    listener.to_trial(served.url)
    listener.hear_all()
    listener.rate_all([3, 1])
    listener.next()
    listener.hear_all()
    listener.answer(page.locator("fieldset[data-scale]").nth(1), 5)
    expect(page.get_by_text(SAVED)).to_be_visible()
    before = _shown(page)
    page.reload()
    assert _shown(page) == before
    other_device = new_page()
    other_device.goto(page.url)
    assert _shown(other_device) == before


def _shown(page: Page) -> tuple[str, list[str], list[str]]:
    """The heading, the versions in their order, and the answers."""
    slots = [button.get_attribute("data-slot") for button in page.locator(".version").all()]
    answers = page.locator("fieldset input:checked").evaluate_all(
        "inputs => inputs.filter(i => i.type === 'radio').map(i => `${i.name}=${i.value}`)"
    )
    return page.locator(".eyebrow").inner_text(), slots, answers
