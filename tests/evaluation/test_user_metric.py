"""A wrong `--metric` is one line that says what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from earwitness.evaluation.user_metric import load_metric
from earwitness.stimuli.errors import EarwitnessError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [*sys.path])  # `load_metric` adds the folder
    monkeypatch.delitem(sys.modules, "own_metrics", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_metrics.py").write_text("def no_metric():\n    pass\n")
    (tmp_path / "json.py").write_text("")
    (tmp_path / "broken_metric.py").write_text("1 +")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "code", "text"),
    [
        ("own_metrics.py:no_metric", 1, "no_metric is no metric; put it under"),
        ("own_metrics.py:absent", 1, "absent is no metric; put it under"),
        ("own_metrics.py", 2, 'give "file.py:function"'),
        ("none.py:peaks", 2, "no such file"),
        ("json.py:peaks", 1, "another module is called json; rename the file"),
        ("broken_metric.py:peaks", 1, "cannot be imported"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_wrong_metric_is_one_line(source: str, code: int, text: str) -> None:
    with pytest.raises(EarwitnessError, match=text) as caught:
        load_metric(source)
    assert caught.value.exit_code == code
    assert "\n" not in str(caught.value)
