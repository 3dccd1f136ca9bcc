"""`earwitness plan --look`: stop or go on, for the researcher's page too."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from listening_study import ETHICS, prepared_listening_study

from earwitness.app.cli import main
from earwitness.app.db import open_database
from earwitness.app.planning.look import latest_look, save_look
from earwitness.app.settings import load_settings
from earwitness.stimuli.study import StudyFolder


def test_only_a_study_that_planned_to_may_look(folder: StudyFolder) -> None:
    open_database(load_settings(folder).database_url, create=True).close()
    done = CliRunner().invoke(main, ["plan", str(folder.root), "--look"])
    assert done.exit_code == 2
    assert "planned to stop early" in done.stderr


def test_a_look_is_kept_for_the_dashboard_and_a_broken_one_is_none(folder: StudyFolder) -> None:
    assert latest_look(folder) is None
    kept = save_look(folder.root / "plan", 12, 40, False, "not every comparison is decided")
    assert latest_look(folder) == kept
    written = json.loads((folder.root / "plan" / "look.json").read_text(encoding="utf-8"))
    assert set(written) == {"looked_at", "participants", "at_most", "stop", "why"}
    (folder.root / "plan" / "look.json").write_text("{}", encoding="utf-8")
    assert latest_look(folder) is None


def test_a_look_without_any_rating_is_one_line(tmp_path: Path) -> None:
    extra = f"{ETHICS}\n[analysis]\nbaseline = 'unmixed'\n[analysis.sequential]\nat_most = 20\n"
    folder = prepared_listening_study(tmp_path, extra=extra)
    open_database(load_settings(folder).database_url, create=True).close()
    done = CliRunner().invoke(main, ["plan", str(folder.root), "--look"])
    assert done.exit_code == 1
    assert "no rating" in done.stderr
