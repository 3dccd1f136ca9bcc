"""The report's page in a browser: it asks for nothing, sorts, opens, and is accessible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from earwitness.analysis import report


def ratings() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    systems = {"a": 3.0, "b": 4.0, "c": 2.0, "d": 2.6}
    return pd.DataFrame(
        [
            {"participant": f"p{p}", "item": f"i{i}", "system": system, "scale": "quality",
             "trial": i + 1, "value": int(np.clip(round(level + rng.normal()), 1, 5))}
            for p in range(6) for i in range(6) for system, level in systems.items()
        ]
    )  # fmt: skip


def test_the_report_sorts_opens_and_fits_a_phone_without_a_request(
    browser: Browser, tmp_path: Path
) -> None:
    report(ratings(), baseline="a", out=tmp_path, formats=["html"])
    page = browser.new_page(viewport={"width": 360, "height": 740})
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    page.get_by_role("button", name="Open all details").click()
    assert page.locator("details:not([open])").count() == 0
    table = page.locator("table", has_text="Against the baseline a").first
    heading = table.locator("th button", has_text="Difference")
    for order in (sorted, lambda rows: sorted(rows, reverse=True)):
        heading.click()
        cells = table.locator("tbody tr td:nth-child(2)").all_text_contents()
        values = [float(cell.replace("−", "-")) for cell in cells]
        assert values == order(values)
    assert page.locator("svg title", has_text="points").count() > 3  # told under the pointer
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert errors == []
    assert len(requests) == 1
    page.close()
