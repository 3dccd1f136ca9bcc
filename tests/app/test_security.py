"""Headers, origins, the researcher's door, and what is never stored."""

from __future__ import annotations

import sqlite3

import pytest
from flask import Flask
from flask.testing import FlaskClient
from listener import Listener

from earwitness.app.db import Database
from earwitness.app.headers import SECURITY_HEADERS
from earwitness.app.invitations import create_invitations
from earwitness.app.security import new_setup_token, set_password
from earwitness.app.tables import Session
from earwitness.app.upkeep.throttle import MAX_ATTEMPTS
from earwitness.stimuli.study import StudyFolder

PASSWORD = "a long enough password"
CROSS_SITE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every (method, address), with placeholders filled by something that does not exist."""
    found = []
    for rule in app.url_map.iter_rules():
        values = dict.fromkeys(rule.arguments, "x")
        url = app.url_map.bind("localhost").build(rule.endpoint, values)
        found += [(method, url) for method in sorted((rule.methods or set()) - {"OPTIONS"})]
    return found


def test_every_route_has_the_security_headers(app: Flask, client: FlaskClient) -> None:
    checked = [("GET", "/nothing/here"), ("GET", "/static/page.js"), *routes(app)]
    assert len(checked) > 20
    for method, url in checked:
        with client.open(url, method=method) as response:
            for name, value in SECURITY_HEADERS.items():
                assert response.headers[name] == value, (method, url, name)
            policy = response.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "Strict-Transport-Security" not in response.headers


def test_over_https_browsers_are_told_to_stay_there(client: FlaskClient) -> None:
    response = client.get("/", base_url="https://localhost")
    assert "Strict-Transport-Security" in response.headers


def test_unsafe_requests_of_other_sites_are_refused_on_every_route(
    app: Flask, client: FlaskClient
) -> None:
    unsafe = [(method, url) for method, url in routes(app) if method not in ("GET", "HEAD")]
    assert len(unsafe) > 6
    for method, url in unsafe:
        for headers in CROSS_SITE:
            assert client.open(url, method=method, headers=headers).status_code == 403, url


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Origin": "http://localhost"},
    ],
)
def test_an_answer_from_our_own_page_is_taken_however_old_the_page_is(
    listener: Listener, headers: dict[str, str]
) -> None:
    listener.to_trials()
    slot, scale = listener.trial().cells[0]
    url = f"{listener.url}/slots/{slot}/ratings/{scale}"
    response = listener.client.put(url, json=listener.body(3), headers=headers)
    assert response.status_code == 200


def test_participants_get_no_cookie(listener: Listener) -> None:
    listener.run()
    assert listener.client.get_cookie("earwitness_researcher") is None
    assert not listener.client._cookies


def test_too_much_text_is_refused_before_it_is_read(listener: Listener) -> None:
    response = listener.client.post(
        f"{listener.url}/events", data=b"x" * 300_000, content_type="application/json"
    )
    assert response.status_code == 413
    assert response.json is not None
    assert response.json["error"]["code"] == "too_large"


def test_the_researchers_pages_are_closed_to_visitors(app: Flask, client: FlaskClient) -> None:
    public = {"researcher.login", "researcher.setup"}
    closed = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/researcher") and rule.endpoint not in public
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]
    assert len(closed) >= 3
    for rule, method in closed:
        response = client.open(rule.rule.replace("<name>", "ratings.csv"), method=method)
        assert response.status_code in (303, 401)
        assert method != "GET" or response.headers["Location"] == "/researcher/login"


def test_a_route_that_nobody_listed_as_public_is_closed(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert app.test_client().get("/forgotten").status_code == 303


def test_the_set_up_link_sets_the_password_once(client: FlaskClient, database: Database) -> None:
    old, token = new_setup_token(database), new_setup_token(database)
    url = f"/researcher/setup/{token}"
    assert client.get(f"/researcher/setup/{old}").status_code == 404
    assert client.get(url).status_code == 200
    short = client.post(url, data={"password": "short"})
    assert short.status_code == 422
    assert "At least 12" in short.text or "at least 12" in short.text
    assert client.post(url, data={"password": PASSWORD}).status_code == 303
    assert client.get("/researcher").status_code == 200
    assert client.get(url).status_code == 404
    assert client.post(url, data={"password": "another password"}).status_code == 404
    assert new_setup_token(database) is None


def test_only_the_password_opens_the_researchers_pages(
    client: FlaskClient, database: Database, app: Flask
) -> None:
    assert client.post("/researcher/login", data={"password": ""}).status_code == 403
    with database.write() as transaction:
        set_password(transaction, PASSWORD)
    assert client.post("/researcher/login", data={"password": "wrong"}).status_code == 403
    response = client.post("/researcher/login", data={"password": PASSWORD})
    assert response.status_code == 303
    cookie = response.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/researcher"):
        assert part in cookie
    assert PASSWORD not in cookie
    secure = app.test_client().post(
        "/researcher/login", data={"password": PASSWORD}, base_url="https://localhost"
    )
    assert "Secure" in secure.headers["Set-Cookie"]
    assert client.get("/researcher").status_code == 200
    assert client.post("/researcher/logout").status_code == 303
    assert client.get("/researcher").status_code == 303


def test_a_new_password_ends_all_logins(client: FlaskClient, database: Database) -> None:
    with database.write() as transaction:
        set_password(transaction, PASSWORD)
    client.post("/researcher/login", data={"password": PASSWORD})
    with database.write() as transaction:
        set_password(transaction, PASSWORD)  # the same one changes nothing
    assert client.get("/researcher").status_code == 200
    with database.write() as transaction:
        set_password(transaction, "another password")
    assert client.get("/researcher").status_code == 303


def test_guessing_passwords_is_slowed_down(client: FlaskClient) -> None:
    answers = [
        client.post("/researcher/login", data={"password": "guess"}).status_code
        for _ in range(MAX_ATTEMPTS + 1)
    ]
    assert answers == [403] * MAX_ATTEMPTS + [429]


def test_the_dashboard_counts_and_never_names_a_system(
    listener: Listener, database: Database
) -> None:
    listener.run()
    with database.write() as transaction:
        set_password(transaction, PASSWORD)
    listener.client.post("/researcher/login", data={"password": PASSWORD})
    text = listener.client.get("/researcher").text
    assert "comments" in text
    for system in ("human-mix", "unmixed", "cnn"):
        assert system not in text
    with listener.client.get("/researcher/exports/events.csv") as response:
        assert response.status_code == 200
        assert response.headers["Content-Disposition"] == "attachment; filename=events.csv"
        assert response.text.startswith("study,session,")
    assert listener.client.get("/researcher/exports/secret.key").status_code == 404


def test_no_request_can_mark_a_session_as_simulated_or_clear_the_mark(
    folder: StudyFolder, client: FlaskClient, database: Database
) -> None:
    marks = {"is_simulated": "1", "kind": "simulated", "simulated": "true"}
    nonce = "n" * 22
    client.post("/start?kind=simulated&is_simulated=1", data={"nonce": nonce, **marks})
    [token] = create_invitations(folder, 1)
    unmarks = {"is_simulated": "0", "kind": "real"}
    invited = client.get(f"/i/{token}", query_string=unmarks).headers["Location"]
    bot = Listener(client, invited)
    client.post(f"{invited}/pages/consent", data={**unmarks, "statement-0": "yes"})
    bot.run()
    again = client.get(f"/i/{token}").headers["Location"]
    assert again == invited
    assert client.get("/i/unknown").status_code == 404
    with database.read() as transaction:
        kinds = [
            session.kind for session in transaction.query(Session).order_by(Session.started_at)
        ]
    assert kinds == ["pilot", "simulated"]


def test_neither_address_nor_browser_is_stored(
    folder: StudyFolder, app: Flask, database: Database
) -> None:
    client = app.test_client()
    client.environ_base |= {
        "REMOTE_ADDR": "203.0.113.77",
        "HTTP_USER_AGENT": "Telltale/9.9",
        "HTTP_X_FORWARDED_FOR": "198.51.100.23",
    }
    Listener(client).run()
    database.close()
    with sqlite3.connect(folder.database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert len(dump) > 10_000
    for trace in ("203.0.113.77", "Telltale", "198.51.100.23"):
        assert trace not in dump


def test_an_unexpected_error_is_one_page_and_one_log_line_without_the_link(
    listener: Listener, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(session_token: str) -> None:
        raise ZeroDivisionError(f"a defect in {len(session_token)} characters")

    app.view_functions["participant.due"] = fail
    response = listener.client.get(listener.url)
    assert response.status_code == 500
    assert "Your answers are safe" in response.text
    assert "ZeroDivisionError" not in response.text
    assert "participant.due" in caplog.text
    assert listener.url not in caplog.text


def test_a_database_that_cannot_store_is_answered_with_503_and_never_with_success(
    listener: Listener, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    listener.to_trials()
    slot, scale = listener.trial().cells[0]
    with database.write() as transaction:
        transaction.connection().exec_driver_sql("DROP TABLE events")
    response = listener.put(slot, scale, listener.body(3))
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["error"]["code"] == "not_stored"
    assert "no such table" in caplog.text
    assert listener.url.removeprefix("/s/") not in caplog.text


def test_the_health_check_takes_the_write_lock(client: FlaskClient, database: Database) -> None:
    assert client.get("/healthz").json == {"ok": True}
    with database.write() as transaction:
        transaction.connection().exec_driver_sql("DROP TABLE alembic_version")
        transaction.connection().exec_driver_sql("ALTER TABLE study_versions RENAME TO gone")
    assert client.get("/healthz").status_code == 503


@pytest.mark.parametrize("path", ["/s/%00", "/i/%00", "/s/x/audio/%00"])
@pytest.mark.usefixtures("any_database")
def test_an_address_that_no_database_can_hold_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
