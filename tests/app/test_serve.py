"""`serve`: what it prepares and refuses, what it prints, what it never writes down."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from listener import Listener
from listening_study import ETHICS, write_listening_study

from earwitness.app import create_app
from earwitness.app.background import background_server
from earwitness.app.commands.prepare import prepare_command
from earwitness.app.db import open_database
from earwitness.app.invitations import create_invitations
from earwitness.app.security import log_in, password_hash
from earwitness.app.serve import get_ready, links, listen, serve
from earwitness.app.settings import load_settings
from earwitness.stimuli.errors import ConfigError, DataError, EarwitnessError, StimulusError
from earwitness.stimuli.manifest import load_stimuli
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.study import StudyFolder


def quiet(_line: str) -> None:
    """Nobody listens."""


@pytest.fixture
def real_folder(prepared: Path, tmp_path: Path) -> StudyFolder:
    """A study with ethics, served once, with one real session."""
    shutil.copytree(prepared, tmp_path / "study")
    root = tmp_path / "study"
    text = (root / "study.toml").read_text()
    (root / "study.toml").write_text(text.replace("[stimuli]", f"{ETHICS}[stimuli]"))
    folder = StudyFolder(root)
    get_ready(folder, quiet)
    return folder


@pytest.fixture
def begun(real_folder: StudyFolder) -> StudyFolder:
    app = create_app(load_settings(real_folder))
    Listener(app.test_client())
    app.extensions["earwitness"].database.close()
    return real_folder


def test_it_prepares_what_is_missing_and_says_so(tmp_path: Path) -> None:
    folder = write_listening_study(tmp_path)
    said: list[str] = []
    get_ready(folder, said.append)
    assert load_stimuli(folder).study_digest == folder.digest
    assert said[0].startswith("Preparing the stimuli")
    said.clear()
    get_ready(folder, said.append)
    assert said == []


def test_a_changed_study_is_prepared_again_as_long_as_nobody_has_begun(
    real_folder: StudyFolder,
) -> None:
    change(real_folder, 'title = "A test"', 'title = "Another"')
    get_ready(StudyFolder(real_folder.root), quiet)
    assert load_stimuli(real_folder).study_digest == StudyFolder(real_folder.root).digest


def change(folder: StudyFolder, old: str, new: str) -> None:
    text = folder.file.read_text()
    assert old in text
    folder.file.write_text(text.replace(old, new))


def test_a_changed_study_is_refused_once_real_sessions_have_begun(begun: StudyFolder) -> None:
    change(begun, 'title = "A test"', 'title = "Another"')
    with pytest.raises(DataError, match=r"raise study\.version"):
        get_ready(StudyFolder(begun.root), quiet)
    change(begun, 'version = "1"\ncontact', 'version = "2"\ncontact')
    get_ready(StudyFolder(begun.root), quiet)


def test_changed_audio_is_refused_once_real_sessions_have_begun(begun: StudyFolder) -> None:
    run = begun.root / "run" / "audio"
    shutil.copyfile(run / "cnn" / "song-2.wav", run / "cnn" / "song-1.wav")
    for _ in range(2):
        with pytest.raises(StimulusError, match=r"restore the\s+run"):
            get_ready(begun, quiet)


def test_a_lost_list_of_stimuli_is_refused_under_real_sessions(begun: StudyFolder) -> None:
    kept = begun.manifest.read_bytes()
    begun.manifest.unlink()
    with pytest.raises(StimulusError):
        get_ready(begun, quiet)
    begun.manifest.write_bytes(kept)
    get_ready(begun, quiet)


def test_the_prepare_command_keeps_what_real_sessions_heard_too(begun: StudyFolder) -> None:
    before = begun.manifest.read_bytes()
    run = begun.root / "run" / "audio"
    shutil.copyfile(run / "cnn" / "song-2.wav", run / "cnn" / "song-1.wav")
    changed_run = CliRunner().invoke(prepare_command, [str(begun.root)])
    change(begun, 'title = "A test"', 'title = "Another"')
    changed_study = CliRunner().invoke(prepare_command, [str(begun.root)])
    assert (changed_run.exit_code, changed_study.exit_code) == (1, 1)
    assert begun.manifest.read_bytes() == before


def test_lost_stimuli_are_made_again_under_real_sessions(begun: StudyFolder) -> None:
    before = load_stimuli(begun)
    (begun.stimuli / f"{before.stimuli[0].id}.wav").unlink()
    get_ready(begun, quiet)
    assert load_stimuli(begun) == before


def test_a_public_session_is_real_only_with_ethics(real_folder: StudyFolder) -> None:
    app = create_app(load_settings(real_folder))
    assert "Pilot" not in Listener(app.test_client()).page()
    app.extensions["earwitness"].database.close()


def test_real_invitations_need_ethics(folder: StudyFolder) -> None:
    with pytest.raises(ConfigError, match=r"\[ethics\]"):
        create_invitations(folder, 1, "real")


def test_an_invitation_to_a_real_session_does_not_outlive_the_ethics(
    real_folder: StudyFolder,
) -> None:
    [token] = create_invitations(real_folder, 1, "real")
    change(real_folder, ETHICS, "")
    changed = StudyFolder(real_folder.root)
    get_ready(changed, quiet)
    app = create_app(load_settings(changed))
    client = app.test_client()
    assert "Pilot" in Listener(client, client.get(f"/i/{token}").headers["Location"]).page()
    app.extensions["earwitness"].database.close()


def test_a_port_in_use_is_one_line(folder: StudyFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EarwitnessError, match=f"port {port} is in use") as caught:
            serve(folder.root, port=port)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(("host", "port"), [("198.51.100.1", 0), ("no.such.host.invalid", 0)])
def test_an_address_that_is_not_ours_is_one_line(host: str, port: int) -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        listen(host, port)


def test_links_name_an_address_that_can_be_opened() -> None:
    with listen("0.0.0.0", 0) as listener:
        where = links(listener, "0.0.0.0", "token")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", where.study)
    assert where.setup == f"{where.study}researcher/setup/token"


def test_a_password_file_sets_the_password_without_a_link(
    folder: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("from a file, long enough\n")
    monkeypatch.setenv("EARWITNESS_RESEARCHER_PASSWORD_FILE", str(file))
    settings, setup_token = get_ready(folder, quiet)
    assert setup_token is None
    app = create_app(settings)
    database = app.extensions["earwitness"].database
    with database.read() as transaction:
        assert password_hash(transaction)
    with app.test_request_context():
        assert log_in("from a file, long enough")
        assert not log_in("something else entirely")
    database.close()
    file.write_text("short")
    with pytest.raises(ConfigError, match="at least 12"):
        get_ready(folder, quiet)
    monkeypatch.setenv("EARWITNESS_RESEARCHER_PASSWORD_FILE", str(tmp_path / "missing"))
    with pytest.raises(ConfigError, match="cannot be read"):
        get_ready(folder, quiet)


def test_a_damaged_secret_key_is_one_line(folder: StudyFolder) -> None:
    folder.secret_key.write_text("short")
    with pytest.raises(DataError, match="delete it"):
        load_settings(folder)


def test_a_value_given_twice_is_refused(folder: StudyFolder) -> None:
    twice = {"EARWITNESS_SECRET_KEY": "a", "EARWITNESS_SECRET_KEY_FILE": "b"}
    with pytest.raises(ConfigError, match="keep one"):
        load_settings(folder, twice)


def test_a_server_that_cannot_start_tells_why(tmp_path: Path) -> None:
    folder = write_listening_study(tmp_path)
    shutil.rmtree(folder.run / "audio" / "cnn")
    with (
        pytest.raises(EarwitnessError, match="cnn") as caught,
        background_server(folder.root),
    ):
        pass
    assert "Traceback" not in str(caught.value)


def test_the_real_server_answers_and_writes_no_address_down(folder: StudyFolder) -> None:
    program = (
        "import sys; from pathlib import Path; from earwitness.app.serve import serve; "
        "serve(Path(sys.argv[1]), port=0, workers=1)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "HOME": str(folder.root / "home")},
    ) as process:
        assert process.stdout
        said = [process.stdout.readline() for _ in range(4)]
        assert "Participants" in said[1]
        assert "/researcher/setup/" in said[3]
        url = said[1].split()[-1]
        with urllib.request.urlopen(f"{url}healthz") as response:
            assert json.load(response) == {"ok": True}
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        for junk in (b"\x16\x03\x01 no HTTP\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(junk)
                connection.recv(1000)
        process.terminate()
        rest = process.stdout.read()
        assert process.wait(10) == 0
    assert "127.0.0.1" not in rest
    assert "GET" not in rest
    assert not (folder.root / "home").exists()  # no control socket


def test_clients_that_stall_keep_nobody_waiting(folder: StudyFolder) -> None:
    """Phones with a bad network, and connections that browsers open in advance."""
    with background_server(folder.root, workers=1) as server, ExitStack() as stack:
        for _ in range(80):
            address = ("127.0.0.1", server.port)
            stalled = stack.enter_context(socket.create_connection(address))
            stalled.sendall(b"GET / HTTP/1.1\r\nHost: ")
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as response:
            assert json.load(response) == {"ok": True}


def test_the_server_stops_with_what_was_stored(folder: StudyFolder) -> None:
    with background_server(folder.root) as server:
        body = f"nonce={'n' * 22}".encode()
        with urllib.request.urlopen(f"{server.url}/start", body) as response:
            assert "/s/" in response.url
    assert server.process.returncode == 0
    database = open_database(load_settings(folder).database_url)
    with database.read() as transaction:
        count = transaction.connection().exec_driver_sql("SELECT count(*) FROM sessions").scalar()
    database.close()
    assert count == 1


def test_a_study_that_is_not_prepared_has_no_application(
    folder: StudyFolder, client: FlaskClient
) -> None:
    assert client
    shutil.rmtree(folder.stimuli)
    with pytest.raises(EarwitnessError, match="earwitness prepare"):
        create_app(load_settings(folder))
    prepare(folder)


def test_a_background_server_ends_when_its_caller_is_killed(prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(prepared, tmp_path / "study")
    program = (
        "import sys, time; from pathlib import Path\n"
        "from earwitness.app.background import background_server\n"
        "with background_server(Path(sys.argv[1])) as server:\n"
        "    print(server.port, flush=True); time.sleep(600)\n"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "study")], stdout=subprocess.PIPE, text=True
    )
    with caller:
        assert caller.stdout is not None
        port = int(caller.stdout.readline())
        caller.kill()
    deadline = time.monotonic() + 30
    while _answers(port):
        assert time.monotonic() < deadline, "the server outlived its caller"
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
