"""Nothing that a participant's browser receives names a system."""

from __future__ import annotations

from e2e.listener import Listener
from listening_study import ITEMS, SYSTEMS
from playwright.sync_api import Page, Route


def test_no_text_that_a_browser_receives_names_a_system_or_item(page: Page, served) -> None:
    received: list[str] = []

    def pass_on(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        headers = [f"{header['name']}: {header['value']}" for header in answer.headers_array]
        body = answer.body().decode("latin-1")
        received.append("\n".join([route.request.url, *headers, body]))
        route.fulfill(response=answer)

    page.route("**/*", pass_on)
    listener = Listener(page)
    listener.to_trial(served.url)
    listener.hear_all()
    listener.rate_all([2])
    listener.next()
    listener.hear_all()
    page.unroute_all(behavior="ignoreErrors")
    assert sum("data-trial" in text for text in received) >= 2
    assert sum("RIFF" in text for text in received) == 1 + 2 + 3
    secrets = {*SYSTEMS, *ITEMS, "lowpass", "anchor", "baseline"}
    assert {name for name in secrets for text in received if name in text.lower()} == set()
