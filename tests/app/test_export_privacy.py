"""Exports keep people unrecognisable: texts withheld, small groups named."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from listener import CONSENT, Listener
from listening_study import ETHICS

from earwitness.app.commands.export import export_command
from earwitness.app.db import Database
from earwitness.app.export import export
from earwitness.app.export_privacy import WITHHELD
from earwitness.app.upkeep.audit import record
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.study import StudyFolder

SECRET = "my name is Ada"


def take_part(client: FlaskClient, age: str, room: str = "") -> None:
    listener = Listener(client)
    listener.send("consent", **CONSENT)
    listener.send("questionnaire", age=age, room=room)


def test_free_text_leaves_the_database_only_when_asked_for(
    client: FlaskClient, folder: StudyFolder, database: Database
) -> None:
    take_part(client, "30+", SECRET)
    take_part(client, "30+")
    for asked, expected in ((False, WITHHELD), (True, SECRET)):
        target = export(folder, database, free_text=asked)
        rooms = pd.read_csv(target / "sessions.csv", keep_default_na=False)["room"].to_list()
        assert sorted(rooms) == sorted([expected, ""])
        held = [SECRET.encode() in file.read_bytes() for file in target.glob("*.csv")]
        assert any(held) is asked


def test_answers_that_few_real_participants_share_are_named(
    folder: StudyFolder, make_app: Callable[[StudyFolder], Flask]
) -> None:
    text = folder.file.read_text()
    folder.file.write_text(text.replace("[stimuli]", f"{ETHICS}[stimuli]"))
    real = StudyFolder(folder.root)
    prepare(real)
    client = make_app(real).test_client()
    for age in ["30+"] * 5 + ["18-29"] * 4:
        take_part(client, age)
    done = CliRunner().invoke(export_command, [str(real.root)])
    assert "small group: age = 18-29: 4 of 9 participants" in done.output
    assert "age = 30+" not in done.output


def test_the_package_keeps_the_newest_digest_of_the_audit_log(
    app: Flask,  # noqa: ARG001
    folder: StudyFolder,
    database: Database,
) -> None:
    heads = []
    for _ in range(2):
        with database.write() as transaction:
            record(transaction, "export")
        package = export(folder, database) / "datapackage.json"
        heads.append(json.loads(package.read_text())["audit_sha256"])
    assert len(set(heads)) == 2
