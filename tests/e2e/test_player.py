"""How the player answers keys, and what stays closed until it was heard."""

from __future__ import annotations

import re

from e2e.listener import Listener
from playwright.sync_api import Page, expect


def test_escape_silences_and_play_goes_on_at_the_same_place(page: Page, served) -> None:
    listener = Listener(page)
    listener.to_trial(served.url)
    listener.press("b")
    version = page.locator(".version").nth(1)
    expect(version).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Playing version B")).to_be_visible()
    expect(page.get_by_label("Position")).not_to_have_value("0")
    listener.press("Escape")
    expect(version).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("Paused")).to_be_visible()
    where = page.get_by_label("Position").input_value()
    page.wait_for_timeout(300)
    assert abs(float(page.get_by_label("Position").input_value()) - float(where)) <= 0.1
    listener.press("Space")
    expect(version).to_have_attribute("aria-pressed", "true")


def test_the_scales_of_a_version_open_once_it_was_heard(page: Page, served) -> None:
    listener = Listener(page)
    listener.to_trial(served.url)
    first = listener.cells("A").get_by_role("radio").first
    second = listener.cells("B").get_by_role("radio").first
    expect(listener.cells("A").first.get_by_text("Listen first")).to_be_visible()
    expect(first).to_be_disabled()
    page.locator(".version").first.click()
    expect(first).to_be_enabled()
    expect(second).to_be_disabled()


def test_next_says_what_is_missing_and_leads_there(page: Page, served) -> None:
    listener = Listener(page)
    listener.to_trial(served.url)
    listener.hear_all()
    page.get_by_role("button", name="Next").click()
    summary = page.locator("[data-part=missing]")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(4)
    summary.get_by_role("link", name=re.compile("Overall quality Version B")).click()
    radio = page.get_by_role("group", name="Overall quality Version B").get_by_role("radio").first
    expect(radio).to_be_focused()
    expect(radio).to_be_in_viewport()


def test_shortcuts_can_be_turned_off(page: Page, served) -> None:
    listener = Listener(page)
    listener.to_trial(served.url)
    page.get_by_label("Keyboard shortcuts").uncheck()
    listener.press("a")
    page.wait_for_timeout(100)
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Keyboard shortcuts")).not_to_be_checked()


def test_a_page_says_that_it_needs_javascript(page: Page, served) -> None:
    html = page.request.get(served.url).text()
    without_script = html.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "This listening test needs JavaScript" in without_script


def test_audio_that_does_not_load_can_be_tried_again(page: Page, served) -> None:
    page.route("**/audio/*", lambda route: route.abort())
    listener = Listener(page)
    listener.start(served.url)
    listener.consent()
    listener.questionnaire()
    expect(page.get_by_text("The audio could not be loaded.")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_disabled()
    page.unroute("**/audio/*")
    page.get_by_role("button", name="Try again").click()
    listener.wait_until_ready()
    expect(page.get_by_role("button", name="Play")).to_be_enabled()
