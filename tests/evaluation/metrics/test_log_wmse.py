"""logWMSE against its package."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.batch import View

from .conftest import make_noise


def test_log_wmse_is_that_of_its_package() -> None:
    """torch-log-wmse 1.1.0 in float64, LogWMSE()(target, processed, target): 8.867092."""
    reference = make_noise(2, 66_150, 1) * np.linspace(0.1, 1.0, 66_150, dtype=np.float32)
    estimate = reference + np.float32(0.2) * make_noise(2, 66_150, 2)
    sides = (torch.from_numpy(side)[None] for side in (estimate, reference))
    view = View(*sides, torch.tensor([66_150]), 44_100)
    assert float(metric("log_wmse").compute(view)) == pytest.approx(8.867092, abs=1e-5)
