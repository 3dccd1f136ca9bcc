"""From the link to the completion code without a mouse."""

from __future__ import annotations

from e2e.listener import Listener, stored_events, stored_ratings
from playwright.sync_api import Page, expect


def test_a_keyboard_is_enough_from_the_link_to_the_code(page: Page, served) -> None:
    listener = Listener(page)
    listener.to_trial(served.url)
    link = page.url
    for values in ([5, 1], [1, 2, 3, 4, 5, None], [4, None, 2]):
        listener.hear_all()
        listener.rate_all(values)
        listener.next()
    expect(page.get_by_label("Is there anything")).to_be_visible()
    listener.submit("Finish")
    expect(page.get_by_text("Your completion code")).to_be_visible()
    assert len(page.locator("#code").inner_text()) == 11
    assert len(listener.given) == 2 * 2 + 3 * 2 + 3 * 2
    assert stored_ratings(served.folder.database, link) == listener.given
    events = stored_events(served.folder.database, link)
    assert events["play"] == 3
    assert events["switch"] == 1 + 2 + 2
    assert events["stop"] == 3
    assert events["listened"] == 2 + 3 + 3
