"""Finding metrics: ids, duplicates, metrics of other packages, the generated page."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from earwitness.evaluation.metrics import Facts, Metric, all_metrics, metric, register
from earwitness.evaluation.metrics.document import document
from earwitness.stimuli.errors import MetricError

PLUGIN = """
import numpy as np
from earwitness.evaluation.metrics import Facts, register

@register(Facts(
    id="peak_ratio", title="Peak ratio", unit="", low=0.0, high=None, direction="",
    level="as_is", channels="mono", citation="none", version="1", description="A test metric.",
    resource="process",
))
def peak_ratio(*, estimate, reference, rate):
    return np.abs(estimate).max() / np.abs(reference).max()
"""


def facts(metric_id: str) -> Facts:
    return Facts(
        id=metric_id,
        title="T",
        unit="",
        low=None,
        high=None,
        direction="",
        level="as_is",
        channels="all",
        citation="none",
        version="1",
        description="D.",
    )


def test_the_first_set_of_metrics_is_there_in_order() -> None:
    first = [
        "loudness_error_lu",
        "relative_loudness_error_lu",
        "stoi",
        "estoi",
        "pesq_wb",
        "pcc_logstft_global",
        "pcc_logstft_band_mean",
        "mrstft",
        "si_sdr_db",
    ]
    assert [name for name in all_metrics() if name in first] == first


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(MetricError, match="did you mean 'stoi'"):
        metric("stoy")
    with pytest.raises(MetricError, match="known: loudness_error_lu"):
        metric("qqqqqq")


def test_a_second_metric_of_the_same_id_is_refused() -> None:
    with pytest.raises(MetricError, match="two metrics are called 'stoi'"):
        register(facts("stoi"))(lambda view: view)


def install(folder: Path, entry_point: str) -> None:
    """Lay out an installed distribution with one entry point."""
    info = folder / "other_metrics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-metrics\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[earwitness.metrics]\npeak_ratio = {entry_point}\n")


@pytest.fixture
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    all_metrics()
    from earwitness.evaluation.metrics import registry

    monkeypatch.setattr(registry, "_metrics", dict(registry._metrics))
    monkeypatch.setattr(registry, "_loaded", set(registry._loaded))
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("_isolated")
def test_another_package_adds_a_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other_metrics.py").write_text(PLUGIN)
    install(tmp_path, "other_metrics:peak_ratio")
    monkeypatch.delitem(sys.modules, "other_metrics", raising=False)
    found = metric("peak_ratio")
    assert isinstance(found, Metric)
    assert found(estimate=[0.2, -0.5], reference=[0.25, 0.1], rate=16000) == 2.0


@pytest.mark.usefixtures("_isolated")
def test_a_package_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    install(tmp_path, "no_such_module:peak_ratio")
    with pytest.raises(MetricError, match=r"'peak_ratio' .*cannot be loaded: No module"):
        all_metrics()


@pytest.mark.usefixtures("_isolated")
def test_an_entry_point_that_is_no_metric_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "math:pi")
    with pytest.raises(MetricError, match="no @register-ed metric"):
        all_metrics()


def test_the_page_about_metrics_is_current(root: Path) -> None:
    page = (root / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == document(), (
        "run: python -m earwitness.evaluation.metrics.document docs/metrics.md"
    )
