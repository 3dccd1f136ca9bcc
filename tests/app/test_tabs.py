"""Which tab may answer, as the server sees it."""

from __future__ import annotations

import pytest
from listener import CONSENT, Listener

OLD, NEW = "laptop.1", "phone.2"


def hold(listener: Listener, tab: str, query: str = "") -> dict[str, object]:
    answer = listener.client.post(f"{listener.url}/tab/{tab}{query}").json
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def shared(rating_listener: Listener) -> Listener:
    """A session that the old tab holds."""
    assert hold(rating_listener, OLD)["held"] is True
    return rating_listener


def rate(listener: Listener, tab: str) -> int:
    slot, scale = listener.trial().cells[0]
    url = f"{listener.url}/slots/{slot}/ratings/{scale}"
    headers = {"X-Earwitness-Tab": tab}
    return listener.client.put(url, json=listener.body(4), headers=headers).status_code


def test_a_second_tab_is_refused_until_it_takes_over(shared: Listener) -> None:
    assert hold(shared, NEW) == {"ok": True, "held": False, "holder": OLD}
    assert (rate(shared, NEW), rate(shared, OLD)) == (409, 200)
    assert hold(shared, NEW, "?take")["held"] is True
    assert (rate(shared, OLD), rate(shared, NEW)) == (409, 200)


def test_a_form_of_the_older_tab_changes_nothing(listener: Listener) -> None:
    hold(listener, NEW, "?take")
    assert listener.send("consent", **CONSENT, tab=OLD).status_code == 409
    assert listener.due == "consent"
    assert listener.send("consent", **CONSENT, tab=NEW).status_code == 303


def test_a_closed_tab_frees_the_session_but_an_older_one_cannot(shared: Listener) -> None:
    shared.client.post(f"{shared.url}/tab/{NEW}/close")
    assert hold(shared, NEW)["held"] is False
    shared.client.post(f"{shared.url}/tab/{OLD}/close")
    assert hold(shared, NEW)["held"] is True


def test_leaving_needs_no_tab_and_what_is_over_says_so_itself(shared: Listener) -> None:
    shared.client.post(f"{shared.url}/withdraw")
    assert shared.code
    assert hold(shared, NEW)["held"] is True


@pytest.mark.parametrize("tab", ["nodot", "a.b.c", "a" * 40 + ".b", "a.%20"])
def test_a_name_that_is_none_cannot_take_over(listener: Listener, tab: str) -> None:
    assert listener.client.post(f"{listener.url}/tab/{tab}?take").status_code == 422
    assert listener.client.post("/s/unknown/tab/a.b").status_code == 404
