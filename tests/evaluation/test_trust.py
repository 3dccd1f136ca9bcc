"""Code of others runs only when it is trusted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earwitness.evaluation.model_folder import load_model
from earwitness.evaluation.trust import current_digests, needs_trust, trusted_digests

from .conftest import ITEMS, UNMIXED, Workplace, noise


def test_the_bundled_models_are_trusted_as_they_are(root: Path) -> None:
    """After changing a bundled model: `make trust`."""
    assert trusted_digests() == current_digests(root / "models")


def test_a_copy_of_a_bundled_model_is_trusted_and_a_changed_one_is_not(
    root: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(root / "models" / "unmixed", copy)
    assert not needs_trust(load_model(copy))
    (copy / "helper.py").write_text("")
    assert needs_trust(load_model(copy))


def test_an_untrusted_folder_gives_failed_rows_and_its_code_does_not_run(
    workplace: Workplace,
) -> None:
    workplace.dataset()
    marker = workplace.root / "it-ran"
    workplace.python("foreign", f"open({str(marker)!r}, 'w')\n")
    workplace.rendered("cnn", {item: noise(9) for item in ITEMS})
    run = workplace.evaluate(trust=False)
    failed = run.scores[run.scores["status"] == "failed"]
    assert set(failed["system"]) == {"foreign"}
    assert all(failed["reason"].str.startswith("needs --trust"))
    assert not marker.exists()


@pytest.mark.parametrize("trust", [True, False])
def test_trust_is_asked_for_each_time(workplace: Workplace, trust: bool) -> None:
    workplace.dataset()
    workplace.python("unmixed", UNMIXED, role="baseline")
    assert workplace.evaluate(trust=False).failed > 0
    assert (workplace.evaluate(trust=trust).failed == 0) == trust
