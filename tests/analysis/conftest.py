"""Made-up listening tests with a known order, and R's golden values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

GOLDEN = Path(__file__).parent.parent / "golden" / "r"
UTILITIES = {"human-mix": 2.0, "constant": 0.8, "unmixed": -0.4, "lead-up-12db": -2.4}
ROLES = {
    "human-mix": "reference", "constant": "baseline", "unmixed": "baseline",
    "lead-up-12db": "anchor",
}  # fmt: skip
CUTS = np.array([-2.2, -0.8, 0.6, 2.0])


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    """R's results."""
    return json.loads((GOLDEN / "golden_r.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def synthetic() -> pd.DataFrame:
    """The table that R's results are about, with our names."""
    frame = pd.read_csv(GOLDEN / "synthetic_24x4x8x3.csv")
    return frame.rename(columns={"song": "item", "question": "scale", "rating": "value"})


def make_ratings(
    participants: int = 12,
    items: int = 4,
    seed: int = 1,
    scales: tuple[str, ...] = ("clarity", "overall"),
    utilities: dict[str, float] = UTILITIES,
    simulated: bool = True,
) -> pd.DataFrame:
    """Ratings 1..5 from a latent logistic model with crossed random effects."""
    rng = np.random.default_rng(seed)
    systems = list(utilities)
    rows = []
    for scale in scales:
        person, item = rng.normal(0, 0.8, participants), rng.normal(0, 0.3, items)
        person_system = rng.normal(0, 0.5, (participants, len(systems)))
        item_system = rng.normal(0, 0.2, (items, len(systems)))
        for p in range(participants):
            for i in range(items):
                for s, system in enumerate(systems):
                    latent = utilities[system] + person[p] + item[i]
                    latent += person_system[p, s] + item_system[i, s] + rng.logistic()
                    rows.append(
                        {
                            "session": f"s{p:04d}", "participant": f"p{p:04d}",
                            "item": f"song-{i}", "system": system,
                            "role": ROLES.get(system, "model"), "scale": scale,
                            "value": 1 + int((latent > CUTS).sum()),
                            "answered_at": "2026-01-02T03:04:05Z", "is_simulated": simulated,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def ratings() -> Callable[..., pd.DataFrame]:
    """The generator of made-up ratings."""
    return make_ratings


@pytest.fixture(scope="session")
def scores() -> pd.DataFrame:
    """A metric that follows the planted order, one that follows it downwards, one that fails."""
    rng = np.random.default_rng(7)
    rows = []
    for system, utility in UTILITIES.items():
        for i in range(8):
            item, noise = f"song-{i}", rng.normal(0, 0.3)
            rows += [
                (system, item, "stoi", utility + noise, "", "higher", "ok", ""),
                (system, item, "mrstft", -utility + noise, "", "lower", "ok", ""),
                (system, item, "pesq_wb", np.nan, "MOS", "higher", "failed", "too short"),
                (system, item, "flat", 1.0, "", "higher", "ok", ""),
            ]
        rows.append((system, "*", "fad", 1.0, "", "lower", "ok", ""))
    columns = ["system", "item", "metric", "value", "unit", "direction", "status", "reason"]
    return pd.DataFrame(rows, columns=columns)
