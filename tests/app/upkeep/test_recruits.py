"""People from a panel: the same session on return, the way back, ids apart from data and dated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from listener import CODE, Listener
from listening_study import prepared_listening_study
from sqlalchemy import select, update

from earwitness.app.context import Context
from earwitness.app.db import Database
from earwitness.app.export import EXPORT_FILES, export
from earwitness.app.upkeep.steps import erase_from_study, purge_study
from earwitness.app.upkeep.tables import Recruit
from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import StudyFolder

PROLIFIC = """
[recruitment]
source = "prolific"
parameters = ["wave"]
completion_url = "https://app.prolific.com/submissions/complete?cc=C1ABC"
completion_code = "C1ABC"
withdrawal_url = "https://survey.example/back?who={PROLIFIC_PID}&wave={wave}&code={code}"
[privacy]
recruiter_ids_days = 14
"""
ARRIVAL = {"PROLIFIC_PID": "5f8e-Ä&=1", "STUDY_ID": "s", "SESSION_ID": "t", "wave": "2", "x": "y"}
NONCES = ("n" * 22, "m" * 22)


@pytest.fixture(scope="module")
def panel_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("panel")
    prepared_listening_study(root, extra=PROLIFIC)
    return root


@pytest.fixture
def prepared(panel_study: Path) -> Path:
    return panel_study


def arrive(client: FlaskClient, nonce: str, **changes: str) -> Listener:
    """Come by the panel's link and press Start."""
    page = client.get("/", query_string={**ARRIVAL, **changes}).text
    assert 'name="PROLIFIC_PID"' in page
    assert 'name="x"' not in page
    sent = {**ARRIVAL, **changes, "nonce": nonce}
    return Listener(client, client.post("/start", data=sent).headers["Location"])


def test_who_comes_again_by_the_panels_link_goes_on_with_the_same_session(
    client: FlaskClient,
) -> None:
    first, second = (arrive(client, nonce) for nonce in NONCES)
    assert first.url == second.url
    assert arrive(client, "o" * 22, PROLIFIC_PID="another").url != first.url


def test_the_end_shows_the_panels_code_and_the_way_back(client: FlaskClient) -> None:
    listener = arrive(client, NONCES[0])
    assert listener.run() == "C1ABC"
    assert 'href="https://app.prolific.com/submissions/complete?cc=C1ABC"' in listener.page()


def test_the_way_back_carries_what_came_in_safely_quoted(client: FlaskClient) -> None:
    listener = arrive(client, NONCES[0])
    client.post(f"{listener.url}/withdraw")
    page = listener.page()
    code = CODE.search(page)
    assert code
    back = f"https://survey.example/back?who=5f8e-%C3%84%26%3D1&amp;wave=2&amp;code={code[1]}"
    assert f'href="{back}"' in page


def test_a_recruiters_id_is_in_no_exported_file(
    client: FlaskClient, folder: StudyFolder, database: Database
) -> None:
    arrive(client, NONCES[0], PROLIFIC_PID="findme123").run()
    exported = export(folder, database)
    for name in EXPORT_FILES:
        assert b"findme123" not in (exported / name).read_bytes(), name


def test_ids_past_their_date_go_by_themselves_and_the_answers_stay(
    client: FlaskClient, database: Database, folder: StudyFolder, app: Flask
) -> None:
    arrive(client, NONCES[0]).run()
    context: Context = app.extensions["earwitness"]
    assert context.served.study.privacy.recruiter_ids_days == 14
    client.get("/healthz")
    with database.write() as transaction:
        assert transaction.scalar(select(Recruit)) is not None
        transaction.execute(update(Recruit).values(delete_after="2026-01-01T00:00:00.000Z"))
    assert purge_study(folder) == (1, 0)
    with database.read() as transaction:
        assert transaction.scalar(select(Recruit)) is None
    assert (export(folder, database) / "ratings.csv").read_text().count("\n") > 10


def test_erasing_takes_the_recruiters_id_too(
    client: FlaskClient, database: Database, folder: StudyFolder
) -> None:
    listener = arrive(client, NONCES[0])
    erase_from_study(folder, listener.url)
    with database.read() as transaction:
        assert transaction.scalar(select(Recruit)) is None
    assert arrive(client, NONCES[1]).url != listener.url


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('source = "other"', "name those that the link carries"),
        ('source = "sona"\ncompletion_url = "javascript:alert(1)"', "is no address"),
        ('source = "sona"\ncompletion_url = "https://x/{PROLIFIC_PID}"', "nothing is known of"),
        ('source = "sona"\ncompletion_url = "https://x/{"', "write {name}"),
        ('source = "sona"\nparameters = ["a b"]', "parameters"),
    ],
)
def test_a_wrong_recruitment_is_refused_in_one_line(
    tmp_path: Path, folder: StudyFolder, section: str, message: str
) -> None:
    text = folder.file.read_text().split("[recruitment]")
    rest = text[1].split("[stimuli]", 1)[1]
    (tmp_path / "x.toml").write_text(f"{text[0]}[recruitment]\n{section}\n[stimuli]{rest}")
    with pytest.raises(ConfigError, match=message):
        StudyFolder(tmp_path / "x.toml")


def test_a_panel_page_needs_no_parameters_to_be_looked_at(
    make_app: Callable[[StudyFolder], Flask], folder: StudyFolder
) -> None:
    assert make_app(folder).test_client().get("/").status_code == 200
