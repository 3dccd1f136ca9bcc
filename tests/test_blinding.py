"""The twin test: two studies that differ only in which system has which sound look the same.

Everything that a browser receives is collected over a whole session (status, headers, every byte
of every body) and must be equal between the twins once the session's random tokens and the samples
of the audio are taken out.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path

import pytest
from flask import Flask
from listener import AUDIO, CELL, CONSENT, DONE, Listener
from listening_study import SYSTEMS, prepared_listening_study
from recorder import WAV_HEADER_BYTES, Recorder, body, fixed_uuid, without_chance
from scipy.stats import chi2_contingency

from earwitness.app import create_app, flow
from earwitness.app.blind import identities
from earwitness.app.context import Context
from earwitness.app.db import open_database
from earwitness.app.design import plan_session
from earwitness.app.settings import load_settings
from earwitness.app.versions import ServedStudy

TWIN = {"human-mix": "cnn", "cnn": "unmixed", "unmixed": "human-mix"}
STATIC = ("style.css", "page.js", "rating.js", "player.js", "outbox.js")


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Flask]]:
    """A study and its twin, whose sounds are handed round."""
    apps = []
    for sounds_of in ({}, TWIN):
        folder = prepared_listening_study(tmp_path_factory.mktemp("twin"), sounds_of=sounds_of)
        settings = load_settings(folder)
        open_database(settings.database_url, create=True).close()
        apps.append(create_app(settings))
    yield apps
    for app in apps:
        context_of(app).database.close()


def context_of(app: Flask) -> Context:
    context: Context = app.extensions["earwitness"]
    return context


def whole_session(app: Flask) -> Recorder:
    """Every page, right and wrong forms, audio, answers, events, static files, errors."""
    browser = Recorder(app.test_client())
    landing = browser.open("/").decode()
    nonce = re.search(r'name="nonce" value="([^"]+)"', landing)
    assert nonce
    browser.open("/start", "POST", data={"nonce": nonce[1]})
    url = browser.location
    for name in STATIC:
        browser.open(f"/static/{name}")
    for page, fields in (
        ("consent", CONSENT),
        ("questionnaire", {"age": "30+"}),
        ("level", {"gain_db": "-6"}),
    ):
        text = browser.open(url).decode()
        for audio in AUDIO.findall(text):
            browser.open(audio)
        browser.open(f"{url}/pages/{page}", "POST", data={})
        browser.open(f"{url}/pages/{page}", "POST", data=fields)
    while done := DONE.search(text := browser.open(url).decode()):
        for audio in AUDIO.findall(text):
            browser.open(audio)
        browser.open(done[1], "POST")
        cells = CELL.findall(text)
        for number, (slot, scale) in enumerate(cells):
            answer = f"{url}/slots/{slot}/ratings/{scale}"
            browser.open(answer, "PUT", json={"value": "wrong"})
            browser.open(answer, "PUT", json=body(number))
        event = {"event": fixed_uuid(99), "kind": "play", "slot": cells[0][0]}
        event["client_at"] = "2026-01-01T10:00:00Z"
        browser.open(f"{url}/events", "POST", json={"events": [event]})
        browser.open(url)
        browser.open(done[1], "POST")
    browser.open(f"{url}/pages/comments", "POST", data={"comment": "fine"})
    browser.open(url)
    browser.open(f"{url}/audio/nothing")
    browser.open(f"{url}/withdraw", "POST")
    browser.open(url)
    return browser


def seed_of_the_twin(served: ServedStudy, first: int) -> int:
    """The next seed that gives every slot another system; practice, which is labelled, stays."""

    def systems(seed: int) -> list[list[str]]:
        steps = plan_session(served.study, served.stimuli, seed)
        return [[one.system for _, one in step.trial.stimuli] for step in steps if step.trial]

    training, *trials = systems(first)
    for seed in count(first + 1):
        other_training, *others = systems(seed)
        pairs = zip(chain(*trials), chain(*others), strict=True)
        if other_training == training and all(one != other for one, other in pairs):
            return seed
    raise AssertionError("there are enough seeds")


def test_twin_studies_cannot_be_told_apart(
    studies: list[Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the twin every slot of every test trial holds another system."""
    seeds = [5, seed_of_the_twin(context_of(studies[0]).served, 5)]
    received = []
    for app, seed in zip(studies, seeds, strict=True):
        monkeypatch.setattr(flow, "new_seed", lambda seed=seed: seed)
        received.append(without_chance(whole_session(app)))
    first, second = received
    assert len(first) > 60
    assert first == second


def test_nothing_received_names_a_system_an_item_a_role_or_a_stimulus(
    studies: list[Flask],
) -> None:
    names = {*SYSTEMS, "song-1", "song-2", "song-t", "training-bad", "baseline", "anchor"}
    for app in studies:
        names |= context_of(app).served.stimuli.ids
        for request, _, headers, data in whole_session(app).received:
            if request.startswith("GET /static/"):
                continue
            text = f"{request} {headers} {data[:WAV_HEADER_BYTES] if b'RIFF' in data else data!r}"
            assert not [name for name in names if name in text], request


def test_all_audio_of_a_page_has_equal_headers_and_size_and_no_name_date_or_digest(
    studies: list[Flask],
) -> None:
    listener = Listener(studies[0].test_client())
    listener.to_trials()
    while listener.due == "trial":
        trial = listener.trial()
        seen = set()
        for url in trial.audio:
            with listener.client.get(url) as response:
                seen.add((str(response.headers), response.data[:WAV_HEADER_BYTES]))
                lowered = {name.lower() for name, _ in response.headers}
        assert len(seen) == 1
        assert not lowered & {"etag", "last-modified", "content-disposition", "accept-ranges"}
        listener.rate_all(trial, lambda _: 3)
        listener.client.post(trial.done)


def test_a_wav_file_has_no_metadata(studies: list[Flask]) -> None:
    listener = Listener(studies[0].test_client())
    listener.to_trials()
    with listener.client.get(listener.trial().audio[0]) as response:
        data = response.data
    riff, size, wave, fmt, fmt_size = struct.unpack("<4sI4s4sI", data[:20])
    assert (riff, wave, fmt, fmt_size, data[36:40]) == (b"RIFF", b"WAVE", b"fmt ", 16, b"data")
    assert size == len(data) - 8


def test_tokens_and_letters_say_nothing_about_systems(studies: list[Flask]) -> None:
    app = studies[0]
    letters: Counter[tuple[str, str]] = Counter()
    first_characters: Counter[tuple[str, bool]] = Counter()
    tokens: list[str] = []
    client = app.test_client()
    for _ in range(60):
        listener = Listener(client)
        known = identities(context_of(app).database, listener.url.removeprefix("/s/"))
        in_order = sorted(known.items(), key=lambda pair: pair[1].item)
        tokens += known
        for item in ("song-1", "song-2"):
            of_item = [(token, one) for token, one in in_order if one.item == item]
            for place, (token, one) in enumerate(of_item):
                letters[one.system, "ABC"[place]] += 1
                first_characters[one.system, token[0] > "U"] += 1
    assert len(set(tokens)) == len(tokens) == 60 * 8
    assert all(len(token) == 22 for token in tokens)  # 128 bits in base 64
    for counts, columns in ((letters, "ABC"), (first_characters, (False, True))):
        table = [[counts[system, column] for column in columns] for system in SYSTEMS]
        assert chi2_contingency(table).pvalue > 1e-4


def test_static_files_are_the_same_for_every_study(studies: list[Flask]) -> None:
    static = Path(str(studies[0].static_folder))
    names = [path.name for path in static.iterdir() if path.is_file()]
    assert names
    for name in names:
        bodies = set()
        for app in studies:
            with app.test_client().get(f"/static/{name}") as response:
                bodies.add(response.data)
        assert len(bodies) == 1
