"""`earwitness plan --look`: stop or go on, for the researcher's page too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner
from flask import Flask
from listening_study import ETHICS, prepared_listening_study

from earwitness.app.cli import main
from earwitness.app.context import Context
from earwitness.app.db import open_database
from earwitness.app.planning.look import latest_look, save_look
from earwitness.app.security import set_password
from earwitness.app.settings import load_settings
from earwitness.stimuli.study import StudyFolder

SEQUENTIAL = f"{ETHICS}\n[analysis]\nbaseline = 'unmixed'\n[analysis.sequential]\nat_most = 20\n"


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
    folder = prepared_listening_study(tmp_path, extra=SEQUENTIAL)
    open_database(load_settings(folder).database_url, create=True).close()
    done = CliRunner().invoke(main, ["plan", str(folder.root), "--look"])
    assert done.exit_code == 1
    assert "no rating" in done.stderr


def test_the_dashboard_says_stop_or_go_on_and_no_system(
    tmp_path: Path, make_app: Callable[[StudyFolder], Flask]
) -> None:
    folder = prepared_listening_study(tmp_path, extra=SEQUENTIAL)
    app = make_app(folder)
    context: Context = app.extensions["earwitness"]
    with context.database.write() as transaction:
        set_password(transaction, "a long enough password")
    desk = app.test_client()
    desk.post("/researcher/login", data={"password": "a long enough password"})
    assert "Nobody has looked yet" in desk.get("/researcher").text
    save_look(folder.root / "plan", 12, 20, True, "every comparison is decided")
    text = desk.get("/researcher").text
    assert "<strong>Stop.</strong> 12 of at most 20 participants" in text
    assert [name for name in ("human-mix", "unmixed", "cnn") if name in text] == []
