"""Floods, forwarded headers, paths and logs: what a stranger can try."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from earwitness.app import create_app, rates
from earwitness.app.context import Context
from earwitness.app.db import Database
from earwitness.app.rates import WINDOW_S, RateLimit
from earwitness.app.security import set_password
from earwitness.app.settings import load_settings
from earwitness.app.tables import Researcher, Session
from earwitness.app.upkeep.throttle import MAX_ATTEMPTS, admit
from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import StudyFolder


def test_a_flood_of_starts_is_answered_with_429_and_stores_nothing(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "starts", RateLimit(2))
    answers = [client.post("/start", data={"nonce": f"{n}" * 22}).status_code for n in range(4)]
    assert answers == [303, 303, 429, 429]
    with database.read() as transaction:
        assert transaction.scalar(select(func.count()).select_from(Session)) == 2


def test_a_limit_forgets_an_address_after_a_minute() -> None:
    limit = RateLimit(1)
    assert limit.admits("a", now=0.0)
    assert not limit.admits("a", now=WINDOW_S)
    assert limit.admits("b", now=WINDOW_S)
    assert limit.admits("a", now=WINDOW_S + 1)
    assert len(limit._times) == 2


def test_attempts_at_the_same_time_cannot_slip_through(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(lambda _: admit(database), range(3 * MAX_ATTEMPTS)))
    assert sum(one is not None for one in admitted) == MAX_ATTEMPTS


def test_the_password_is_stored_as_argon2id(database: Database) -> None:
    with database.write() as transaction:
        set_password(transaction, "a long enough password")
        stored = transaction.get_one(Researcher, 1).password_hash
    assert stored is not None
    assert stored.startswith("$argon2id$")


@pytest.mark.parametrize(("proxies", "scheme"), [("", "http"), ("1", "https")])
def test_forwarded_headers_are_believed_only_behind_a_stated_proxy(
    folder: StudyFolder, app: Flask, proxies: str, scheme: str
) -> None:
    app = create_app(load_settings(folder, {"EARWITNESS_PROXIES": proxies}))
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "listen.example"}
    response = app.test_client().get("/", headers=forwarded)
    assert ("Strict-Transport-Security" in response.headers) is (scheme == "https")
    context: Context = app.extensions["earwitness"]
    context.database.close()


def test_a_number_of_proxies_that_is_none_is_refused(folder: StudyFolder) -> None:
    with pytest.raises(ConfigError, match="EARWITNESS_PROXIES=many"):
        load_settings(folder, {"EARWITNESS_PROXIES": "many"})


SEGMENTS = st.sampled_from(
    ["..", "...", "%2e%2e", "..%2f", "/", "//", "\\", "C:", "etc", "passwd", "study.toml", "%00"]
)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(SEGMENTS | st.text(max_size=8), min_size=1, max_size=6))
def test_no_address_leads_out_of_the_served_files(client: FlaskClient, parts: list[str]) -> None:
    path = "/".join(part.replace("?", "").replace("#", "") for part in parts)
    for root in ("/static/", "/s/x/audio/", "/researcher/exports/"):
        response = client.get(root + path)
        assert response.status_code in (303, 308, 400, 404), root + path
        response.close()


def test_the_example_of_nginx_logs_no_address(root: Path) -> None:
    text = (root / "docs" / "nginx.conf").read_text(encoding="utf-8")
    [log_format] = re.findall(r"log_format private '([^']*)'", text)
    known = {"time_iso8601", "request_method", "status", "body_bytes_sent", "request_time"}
    assert set(re.findall(r"\$(\w+)", log_format)) <= known
    logs = re.findall(r"^\s*(access_log|error_log) (\S+) (\w+);", text, re.M)
    assert logs == [("access_log", "/dev/stdout", "private"), ("error_log", "/dev/stderr", "emerg")]


def test_every_test_that_the_security_table_names_is_there(root: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", (root / "docs" / "security.md").read_text("utf-8")))
    there = {
        name
        for file in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)
    }
    assert len(named) > 30
    assert named - there == set()


def test_the_numbers_in_the_table_of_settings_are_the_programs(
    root: Path, make_app: Callable[[StudyFolder], Flask], folder: StudyFolder
) -> None:
    make_app(folder)
    text = (root / "docs" / "serving.md").read_text("utf-8")
    source = (root / "app" / "settings.py").read_text("utf-8")
    for name in re.findall(r"`(EARWITNESS_\w+)` \|", text):
        assert name in source or f'"{name.removeprefix("EARWITNESS_")}"' in source, name
