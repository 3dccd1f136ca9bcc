"""Every page type is blind: hand the sounds of a trial round and nothing else changes.

Two sessions have the same seed; in the second every blind slot holds another stimulus. All that a
browser receives must be equal once tokens and samples are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from every_type_study import ANCHORS, SYSTEMS, prepared_every_type_study
from flask import Flask
from recorder import WAV_HEADER_BYTES, Recorder, fixed_uuid, without_chance

from earwitness.app import create_app, flow
from earwitness.app.db import open_database
from earwitness.app.design import PlannedStep, plan_session
from earwitness.app.settings import load_settings
from earwitness.stimuli.manifest import Stimulus, StimulusSet
from earwitness.stimuli.pages.trials import PlannedTrial
from earwitness.stimuli.study import Study

CELL = re.compile(r'data-kind="(\w+)" data-slot="([^"]+)" data-scale="([^"]+)"')
DONE = re.compile(r'action="(/s/[^"/]+/trials/[^"/]+/done)"')
AUDIO = re.compile(r'data-audio="([^"]+)"')
OPTION = re.compile(r'type="radio" name="[^"]+" value="([^"]+)"')
SEED = 11


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = prepared_every_type_study(tmp_path_factory.mktemp("blind"))
    settings = load_settings(folder)
    open_database(settings.database_url, create=True).close()
    app = create_app(settings)
    yield app
    app.extensions["earwitness"].database.close()


@pytest.fixture(scope="module")
def session(app: Flask) -> Recorder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "new_seed", lambda: SEED)
        return whole_session(app)


def whole_session(app: Flask) -> Recorder:
    """Every trial with its audio, wrong and right answers, and the page again with answers."""
    browser = Recorder(app.test_client())
    landing = browser.open("/").decode()
    nonce = re.search(r'name="nonce" value="([^"]+)"', landing)
    assert nonce
    browser.open("/start", "POST", data={"nonce": nonce[1]})
    url = browser.location
    browser.open(f"{url}/pages/level", "POST", data={"gain_db": "-6"})
    number = 0
    while done := DONE.search(text := browser.open(url).decode()):
        for audio in AUDIO.findall(text):
            browser.open(audio)
        for kind, slot, scale in CELL.findall(text):
            number += 1
            answer = f"{url}/slots/{slot}/ratings/{scale}"
            browser.open(answer, "PUT", json=_body(-number, {"answer": "nonsense\n"}))
            browser.open(answer, "PUT", json=_body(number, _given(kind, text)))
        browser.open(url)
        browser.open(done[1], "POST")
    return browser


def _given(kind: str, text: str) -> dict[str, Any]:
    if kind == "text":
        return {"answer": "529"}
    return {"answer": OPTION.findall(text)[0]} if kind == "pick" else {"value": 3}


def _body(number: int, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": fixed_uuid(1000 + number),
        "sequence": abs(number),
        **given,
        "declined": False,
        "listened_s": 1.0,
        "plays": 1,
        "client_at": "2026-01-01T10:00:00Z",
    }


def handed_round(study: Study, stimuli: StimulusSet, seed: int) -> list[PlannedStep]:
    """The plan with each blind slot's stimulus changed for another one of its page and item."""
    steps = plan_session(study, stimuli, seed)
    return [replace(step, trial=step.trial and _other(step.trial, stimuli)) for step in steps]


def _other(trial: PlannedTrial, stimuli: StimulusSet) -> PlannedTrial:
    slots = dict(trial.stimuli)
    blind = [letter for letter in slots if letter not in "RX"]
    if len(blind) > 1:
        handed = {name: slots[blind[place - 1]] for place, name in enumerate(blind)}
    else:
        handed = {"A": _twin(slots["A"], stimuli)}
    if "X" in slots:
        handed["X"] = _twin(slots["X"], stimuli)
    return replace(trial, stimuli=tuple((slots | handed).items()))


def _twin(one: Stimulus, stimuli: StimulusSet) -> Stimulus:
    """The other system's stimulus in the same place."""
    place = (one.page, one.item, one.take)
    others = [s for s in stimuli.stimuli if (s.page, s.item, s.take) == place]
    return next(s for s in others if s.system in ("vocoder", "griffin") and s.system != one.system)


def test_no_page_type_tells_which_version_is_which(
    app: Flask, session: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "new_seed", lambda: SEED)
    monkeypatch.setattr(flow, "plan_session", handed_round)
    first, second = session, whole_session(app)
    assert len(first.received) > 120
    assert {status for _, status, _, _ in first.received} == {200, 303, 422}
    assert without_chance(first) == without_chance(second)
    played = [[data for *_, data in one.received if data[:4] == b"RIFF"] for one in (first, second)]
    assert len(played[0]) == len(played[1]) > 25
    differing = sum(a != b for a, b in zip(*played, strict=True))
    assert differing == len(played[0]) - 6  # the open references stay


def test_nothing_received_names_a_system_an_anchor_or_says_what_was_right(
    session: Recorder,
) -> None:
    secrets = {*SYSTEMS, *ANCHORS, "drill", "anchor", "baseline", "versus"}
    for request, _, headers, data in session.received:
        if request.startswith("PUT") and b'"ok":true' in data:
            assert set(re.findall(rb'"(\w+)":', data)) <= {
                b"ok", b"stored", b"value", b"answer", b"declined", b"sequence",
            }  # fmt: skip
        text = f"{headers} {data[:WAV_HEADER_BYTES] if b'RIFF' in data else data.decode()}"
        assert [name for name in secrets if re.search(rf"\b{name}\b", text)] == [], request


def test_all_audio_of_a_trial_has_one_size_and_no_two_slots_the_same_bytes(
    session: Recorder,
) -> None:
    by_trial: list[list[bytes]] = [[]]
    for request, _, _, data in session.received:
        if request.endswith("/done"):
            by_trial.append([])
        elif data[:4] == b"RIFF":
            by_trial[-1].append(data)
    for sounds in by_trial:
        assert len({len(one) for one in sounds}) <= 1
        assert len(set(sounds)) == len(sounds)
