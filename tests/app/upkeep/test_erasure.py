"""Who asks for it is erased for good: rows, exports, free pages, and backups that come back."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from listener import Listener
from sqlalchemy import func, select

from earwitness.app.commands.db import db_command
from earwitness.app.db import Database
from earwitness.app.export import export
from earwitness.app.tables import Base, Rating
from earwitness.app.upkeep.audit import verify
from earwitness.stimuli.study import StudyFolder

KEPT = {"study_versions", "researcher", "audit", "tombstones", "login_attempts", "invitations"}


def db(*arguments: object) -> Result:
    return CliRunner().invoke(db_command, [str(argument) for argument in arguments])


def rows(database: Database) -> dict[str, int]:
    """Table → number of rows."""
    with database.read() as transaction:
        return {
            table.name: transaction.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_one_participant_is_erased_and_the_other_is_untouched(
    any_database: str,  # noqa: ARG001
    folder: StudyFolder,
    client: FlaskClient,
    database: Database,
) -> None:
    leaver = Listener(client)
    leaver.run()
    after_one = rows(database)
    stayer = Listener(client)
    code = stayer.run()
    export(folder, database)
    secret = leaver.url.removeprefix("/s/")

    erased = db("erase", folder.root, f"http://localhost{leaver.url}", "--yes")

    assert erased.exit_code == 0, erased.output
    left = rows(database)
    assert {name: count for name, count in left.items() if name not in KEPT} == {
        name: count for name, count in after_one.items() if name not in KEPT
    }
    assert (left["tombstones"], stayer.code) == (1, code)
    assert client.get(leaver.url).status_code == 404
    assert (folder.exports / "sessions.csv").read_text().count("\n") == 2
    for file in folder.root.glob("earwitness.sqlite3*"):
        assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize("name", ["", "nobody", "%", "' OR 1=1 --"])
def test_erasing_somebody_unknown_is_refused(app: object, folder: StudyFolder, name: str) -> None:  # noqa: ARG001
    refused = db("erase", folder.root, name, "--yes")
    assert (refused.exit_code, "no such participant" in refused.output) == (2, True)


def test_a_restored_backup_brings_all_back_but_who_was_erased(
    any_database: str,  # noqa: ARG001
    folder: StudyFolder,
    client: FlaskClient,
    database: Database,
    tmp_path: Path,
) -> None:
    leaver, stayer = Listener(client), Listener(client)
    codes = leaver.run(), stayer.run()
    backup = tmp_path / "backup.sqlite3"
    assert db("backup", folder.root, "--out", backup).exit_code == 0
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert db("erase", folder.root, codes[0], "--yes").exit_code == 0
    with database.write() as transaction:
        for table in reversed(Base.metadata.sorted_tables):  # the disk is lost; the folder is not
            transaction.execute(table.delete())

    restored = db("restore", folder.root, backup, "--yes")

    assert restored.exit_code == 0, restored.output
    assert "1 erased participants left out" in restored.output
    assert stayer.code == codes[1]
    assert client.get(leaver.url).status_code == 404
    assert Listener(client).run()  # ids go on after the restored ones
    assert db("check", folder.root).exit_code == 0


def test_a_backup_is_not_written_over_another_file(
    app: object,  # noqa: ARG001
    folder: StudyFolder,
) -> None:
    refused = db("backup", folder.root, "--out", folder.file)
    assert (refused.exit_code, "is there already" in refused.output) == (1, True)


def test_what_is_no_backup_changes_nothing(
    listener: Listener, folder: StudyFolder, database: Database
) -> None:
    listener.run()
    before = rows(database)
    for file in (folder.file, folder.root / "missing.sqlite3"):
        assert db("restore", folder.root, file, "--yes").exit_code == 1
    assert rows(database) == before


def test_check_finds_a_completed_session_that_lacks_an_answer(
    listener: Listener, folder: StudyFolder, database: Database
) -> None:
    listener.run()
    assert db("check", folder.root).exit_code == 0
    with database.write() as transaction:
        transaction.delete(transaction.scalars(select(Rating).limit(1)).one())
    found = db("check", folder.root)
    assert (found.exit_code, "lacks 1 answers" in found.output) == (1, True)


def test_erasing_leaves_a_trace_that_says_nothing_about_a_person(
    listener: Listener, folder: StudyFolder, database: Database
) -> None:
    code = listener.run()
    db("erase", folder.root, code, "--yes")
    with database.read() as transaction:
        log = transaction.connection().exec_driver_sql("SELECT action, details FROM audit").all()
        assert verify(transaction).broken_at == 0
    assert ("erase", "{}") in [tuple(row) for row in log]
