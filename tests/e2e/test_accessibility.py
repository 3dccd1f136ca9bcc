"""axe finds nothing on any page: WCAG 2.2 A and AA, light and dark, desktop and phone."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from e2e.listener import DECLINE, SAVED, Listener
from playwright.sync_api import Page, expect

from earwitness.app.db import open_database
from earwitness.app.security import new_setup_token

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES = {"runOnly": TAGS, "rules": {"target-size": {"enabled": True}}}
LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}  # change with it
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 640}
PASSWORD = "correct horse battery"


def check(page: Page) -> None:
    """Assert that axe finds nothing and that nothing is wider than the screen."""
    found = faults(page, ALL_RULES)
    for size, scheme in ((DESKTOP, "dark"), (PHONE, "dark"), (PHONE, "light")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        found += faults(page, LOOKS)
    assert found == []
    page.set_viewport_size(DESKTOP)


def faults(page: Page, options: dict) -> list[str]:
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(Axe().axe_script)
    violations = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def test_axe_finds_nothing_on_the_participants_pages(page: Page, served) -> None:
    listener = Listener(page)
    page.goto(served.url)
    check(page)
    listener.start(served.url)
    check(page)
    page.locator("form").first.evaluate("form => { form.noValidate = true; }")
    listener.submit("I agree")
    check(page)  # with an error summary
    listener.consent()
    check(page)
    listener.questionnaire()
    check(page)
    listener.level()
    listener.wait_until_ready()
    check(page)  # scales still closed
    listener.hear_all()
    page.get_by_label(DECLINE).first.check()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-part=missing]")).to_be_focused()
    check(page)  # scales open, one answer saved, the others missing
    page.get_by_role("button", name="Leave the study").click()
    check(page)
    page.get_by_role("button", name="Stay in the study").click()
    for _ in range(3):
        listener.hear_all()
        for label in page.get_by_label("Fair").all():
            label.check()
        expect(page.get_by_text(SAVED)).to_be_visible()
        listener.submit("Next")
    check(page)
    listener.submit("Finish")
    check(page)


def test_axe_finds_nothing_on_the_other_pages(new_page: Callable[..., Page], served) -> None:
    page = new_page()
    listener = Listener(page)
    listener.start(served.url)
    page.get_by_role("button", name="Leave the study").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave the study").click()
    expect(page.get_by_text("Your withdrawal code")).to_be_visible()
    check(page)
    page.goto(f"{served.url}/s/unknown")
    check(page)
    page.goto(f"{served.url}/researcher/login")
    check(page)
    token = new_setup_token(open_database(f"sqlite:///{served.folder.database}"))
    page.goto(f"{served.url}/researcher/setup/{token}")
    check(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="Tables")).to_be_visible()
    check(page)
    page.get_by_label("Show which system is which").check()
    page.get_by_role("button", name="Unblind").click()
    expect(page.get_by_role("columnheader", name="mean")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_role("heading", name="10 new links")).to_be_visible()
    check(page)
