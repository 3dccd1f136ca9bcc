"""The server in process, over a small prepared study."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from listener import Listener
from listening_study import prepared_listening_study
from postgres_server import new_database, postgres_server

from earwitness.app import create_app
from earwitness.app.context import Context
from earwitness.app.db import Database, open_database
from earwitness.app.settings import load_settings
from earwitness.stimuli.study import StudyFolder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared study; tests work on copies of it."""
    root = tmp_path_factory.mktemp("study")
    prepared_listening_study(root)
    return root


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> StudyFolder:
    shutil.copytree(prepared, tmp_path / "study")
    return StudyFolder(tmp_path / "study")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    with postgres_server() as socket_folder:
        yield socket_folder


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test on SQLite and on PostgreSQL."""
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres"))
        monkeypatch.setenv("EARWITNESS_DATABASE_URL", url)
    return str(request.param)


@pytest.fixture
def make_app() -> Iterator[Callable[[StudyFolder], Flask]]:
    """Makes applications whose database exists, and closes it afterwards."""
    databases: list[Database] = []

    def make(folder: StudyFolder) -> Flask:
        settings = load_settings(folder)
        open_database(settings.database_url, create=True).close()
        app = create_app(settings)
        context: Context = app.extensions["earwitness"]
        databases.append(context.database)
        return app

    yield make
    for database in databases:
        database.close()


@pytest.fixture
def app(folder: StudyFolder, make_app: Callable[[StudyFolder], Flask]) -> Flask:
    return make_app(folder)


@pytest.fixture
def database(app: Flask) -> Database:
    context: Context = app.extensions["earwitness"]
    return context.database


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def listener(client: FlaskClient) -> Listener:
    return Listener(client)


@pytest.fixture
def rating_listener(any_database: str, listener: Listener) -> Listener:  # noqa: ARG001
    """A listener on the first trial, on SQLite and on PostgreSQL."""
    listener.to_trials()
    return listener
