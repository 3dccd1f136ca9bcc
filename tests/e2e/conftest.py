"""The real server and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from listening_study import prepared_listening_study
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from earwitness.app.background import background_server
from earwitness.stimuli.study import StudyFolder

expect.set_options(timeout=30_000)  # the machine may have much else to do

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
]


@dataclass(frozen=True)
class Served:
    """A study folder and where it is served."""

    folder: StudyFolder
    url: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "the browser tests need Chromium: run scripts/system-packages tests"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=CHROMIUM_ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that all tests of a worker share."""
    folder = prepared_listening_study(tmp_path_factory.mktemp("study"))
    with background_server(folder.root, workers=1) as server:
        yield Served(folder, server.url)
        server.kill()  # nothing is stored any more; a polite end takes seconds


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in contexts of their own; no page may raise or break the content policy."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: _note_violation(faults, message.text))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _note_violation(faults: list[str], text: str) -> None:
    if "Content Security Policy" in text:
        faults.append(text)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def static(root: Path) -> Path:
    """The pages' scripts."""
    return root / "app" / "static"
