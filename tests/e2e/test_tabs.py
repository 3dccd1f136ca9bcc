"""Two tabs never fight: the older one is told, keeps what it has, and asks the session back."""

from __future__ import annotations

from collections.abc import Callable

from e2e.listener import SAVED, Listener, stored_ratings
from playwright.sync_api import Page, expect

ELSEWHERE = "This test is open in another tab or on another device"


def test_another_device_takes_over_and_the_older_one_is_told_and_asks_it_back(
    new_page: Callable[..., Page], served
) -> None:
    older, newer = new_page(), new_page()
    listener = Listener(older)
    listener.to_trial(served.url)
    listener.hear_all()
    newer.goto(older.url)
    expect(newer.get_by_role("dialog", name=ELSEWHERE)).to_be_visible()
    newer.keyboard.press("Escape")
    with newer.expect_navigation():
        newer.get_by_role("button", name="Go on here").click()
    expect(newer.get_by_role("dialog")).to_have_count(0)

    first, second = (older.locator("fieldset[data-scale]").nth(n) for n in (0, 1))
    first.get_by_label("Good").check()
    expect(older.get_by_role("dialog", name=ELSEWHERE)).to_be_visible()
    assert stored_ratings(served.folder.database, older.url) == {}

    with older.expect_navigation():
        older.get_by_role("button", name="Go on here").click()
    expect(older.get_by_text(SAVED)).to_be_visible()  # what it had kept was sent
    expect(first.get_by_label("Good")).to_be_checked()
    assert list(stored_ratings(served.folder.database, older.url).values()) == [4]
    second.get_by_label("Bad").check()
    expect(older.get_by_text(SAVED)).to_be_visible()


def test_a_form_of_an_older_tab_is_kept_until_it_is_asked_back(
    new_page: Callable[..., Page], served
) -> None:
    older = new_page()
    listener = Listener(older)
    listener.start(served.url)
    older.wait_for_load_state("networkidle")
    newer = older.context.new_page()
    newer.goto(older.url)
    with newer.expect_navigation():
        newer.get_by_role("button", name="Go on here").click()
    newer.wait_for_load_state("networkidle")  # a person would not be back in the other tab sooner
    # In the same browser it is told at once.
    expect(older.get_by_role("dialog", name=ELSEWHERE)).to_be_visible()
    with older.expect_navigation():
        older.get_by_role("button", name="Go on here").click()
    older.bring_to_front()
    listener.consent()
    expect(older.get_by_role("heading", name="About you")).to_be_visible()


def test_a_closed_tab_leaves_the_session_to_the_next_one_without_a_question(
    new_page: Callable[..., Page], served
) -> None:
    first, second = new_page(), new_page()
    Listener(first).start(served.url)
    first.wait_for_load_state("networkidle")
    url = first.url
    first.close(run_before_unload=False)
    second.goto(url)
    second.wait_for_load_state("networkidle")
    expect(second.get_by_role("dialog")).to_have_count(0)
