"""What each page type plans, asks and takes, and which studies it refuses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from every_type_study import PAGES, prepared_every_type_study, write_every_type_study
from hypothesis import given
from hypothesis import strategies as st

from earwitness.stimuli.audio import Signal, read_audio
from earwitness.stimuli.degrade import in_speech_noise
from earwitness.stimuli.errors import ConfigError, RatingError
from earwitness.stimuli.findings import PreflightError
from earwitness.stimuli.manifest import Stimulus, StimulusSet, load_stimuli, stimulus_path
from earwitness.stimuli.pages.base import TrialPage
from earwitness.stimuli.pages.transcription import share_of_words
from earwitness.stimuli.pages.trials import Order, PlannedTrial, TrialView
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.scale_presets import PRESETS
from earwitness.stimuli.scales import Given, Pick, Question, Scale, Slider, Typed
from earwitness.stimuli.study import Study, StudyFolder

ANCHORS = {"anchor-3500-hz", "anchor-7000-hz"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return prepared_every_type_study(tmp_path_factory.mktemp("every"))


@pytest.fixture(scope="module")
def stimuli(folder: StudyFolder) -> StimulusSet:
    return load_stimuli(folder)


def page(study: Study, name: str) -> TrialPage:
    found = {one.id: one for one in study.pages}[name]
    assert isinstance(found, TrialPage)
    return found


def plans(folder: StudyFolder, name: str, seeds: int = 1) -> list[PlannedTrial]:
    """All trials of a page over so many sessions."""
    return [
        trial
        for seed in range(seeds)
        for trial in page(folder.study, name).trials(
            folder.study, load_stimuli(folder), Order((0, seed, name))
        )
    ]


def letters(trial: PlannedTrial) -> str:
    return "".join(letter for letter, _ in trial.stimuli)


def test_mushra_hides_the_reference_and_both_anchors_among_the_systems(
    folder: StudyFolder,
) -> None:
    trials = plans(folder, "mushra")
    assert {trial.item for trial in trials} == {"one", "two"}
    for trial in trials:
        assert letters(trial) == "ABCDER"
        blind = {stimulus.system for letter, stimulus in trial.stimuli if letter != "R"}
        assert blind == {"vocoder", "griffin", "original", *ANCHORS}
        assert dict(trial.stimuli)["R"].system == "original"


def test_the_hidden_reference_sounds_like_the_open_one_and_has_other_bytes(
    folder: StudyFolder, stimuli: StimulusSet
) -> None:
    takes = [one for one in stimuli.stimuli if (one.item, one.system) == ("one", "original")]
    assert [one.take for one in takes] == [0, 1]
    assert takes[0].sha256 != takes[1].sha256
    assert takes[0].bytes == takes[1].bytes
    first, second = (read_audio(stimulus_path(folder, one.id)).samples for one in takes)
    assert np.abs(first - second).max() <= 3.1 / 32768  # their dither


def test_the_anchors_have_nothing_left_above_the_mask(
    folder: StudyFolder, stimuli: StimulusSet
) -> None:
    for name, edge_hz in (("anchor-3500-hz", 4000), ("anchor-7000-hz", 7500)):
        [anchor] = [one for one in stimuli.stimuli if (one.item, one.system) == ("one", name)]
        signal = read_audio(stimulus_path(folder, anchor.id))
        power = np.abs(np.fft.rfft(signal.samples[0] * np.hanning(signal.frames))) ** 2
        frequency = np.fft.rfftfreq(signal.frames, 1 / signal.rate)
        below, above = power[frequency < 3400].mean(), power[frequency > edge_hz].mean()
        assert 10 * np.log10(above / below) < -45  # the dither of 16 bits is what is left
        assert anchor.role == "anchor"


def test_all_versions_of_an_item_have_one_length_and_one_loudness(stimuli: StimulusSet) -> None:
    by_page: dict[tuple[str, str], list[Stimulus]] = {}
    for one in stimuli.stimuli:
        by_page.setdefault((one.page, one.item), []).append(one)
    for versions in by_page.values():
        assert len({(one.frames, one.bytes) for one in versions}) == 1
        loudness = [one.loudness_lufs for one in versions]
        assert max(loudness) - min(loudness) < 0.2


def test_mushra_is_refused_for_mixes_and_likert_scales_are_proposed(tmp_path: Path) -> None:
    folder = write_every_type_study(tmp_path, task="mix", mushra="", thanks="")
    with pytest.raises(PreflightError, match="no mix is the best by definition") as caught:
        prepare(folder)
    assert 'use type = "rating"' in str(caught.value)


def test_more_than_twelve_signals_are_refused_after_the_anchors(tmp_path: Path) -> None:
    folder = write_every_type_study(tmp_path, mushra="", thanks="")
    systems = ", ".join(f'"s{number}"' for number in range(10))
    text = folder.file.read_text().replace('["vocoder", "griffin"]', f'["griffin", {systems}]')
    folder.file.write_text(text)
    with pytest.raises(ConfigError, match=r"11 systems and 3 more; a trial .* at most 12"):
        StudyFolder(tmp_path)


def test_every_pair_is_heard_once_and_either_side_equally_often(folder: StudyFolder) -> None:
    trials = plans(folder, "ab", seeds=400)
    assert len(trials) == 400
    first = Counter(dict(trial.stimuli)["A"].system for trial in trials)
    assert set(first) == {"vocoder", "griffin"}
    assert abs(first["vocoder"] - 200) < 60
    assert {(t.versus("A"), dict(t.stimuli)["B"].system) for t in trials} == {
        ("vocoder", "vocoder"), ("griffin", "griffin"),
    }  # fmt: skip


def test_two_repeats_of_a_pair_swap_the_sides_and_x_is_either_by_chance(
    folder: StudyFolder,
) -> None:
    trials = plans(folder, "abx", seeds=400)
    for start in range(0, len(trials), 2):
        assert {dict(t.stimuli)["A"].system for t in trials[start : start + 2]} == {
            "vocoder", "griffin",
        }  # fmt: skip
    for trial in trials:
        slots = dict(trial.stimuli)
        assert letters(trial) == "ABX"
        assert slots["X"].system == slots[trial.target or ""].system
        assert slots["X"].sha256 not in (slots["A"].sha256, slots["B"].sha256)
    assert abs(Counter(trial.target for trial in trials)["A"] - 400) < 85


def test_words_are_heard_in_one_system_each_in_turn(folder: StudyFolder) -> None:
    for seed in range(20):
        trials = page(folder.study, "words").trials(
            folder.study, load_stimuli(folder), Order((0, seed, "words"))
        )
        assert sorted(trial.item for trial in trials) == ["one", "two"]
        assert {trial.target for trial in trials} == {"bat", "ship"}
    systems = Counter(dict(trial.stimuli)["A"].system for trial in plans(folder, "words", 200))
    assert abs(systems["vocoder"] - 200) < 60


def test_acr_presents_every_version_alone(folder: StudyFolder) -> None:
    trials = plans(folder, "acr")
    assert sorted((t.item, dict(t.stimuli)["A"].system) for t in trials) == [
        ("one", "griffin"), ("one", "vocoder"),
    ]  # fmt: skip
    assert {letters(trial) for trial in trials} == {"A"}


def test_presets_give_the_words_of_the_standard(folder: StudyFolder) -> None:
    mos, effort = folder.study.scales
    assert mos.labels == ("Bad", "Poor", "Fair", "Good", "Excellent")
    assert effort.labels[0] == "No meaning understood with any feasible effort"
    assert all(len(preset.labels) == 5 for preset in PRESETS.values())


OPTIONS = (("A", "Version A"), ("none", "No preference"))
QUESTIONS: list[tuple[Question, list[Given], list[Given]]] = [
    (Scale(id="s", question="?", labels=("a", "b")), [Given(1), Given(2)], [Given(0), Given(3)]),
    (Slider(id="q", question="?", labels=("a", "b")), [Given(0), Given(100)], [Given(101)]),
    (Pick(id="p", question="?", options=OPTIONS), [Given(text="none")], [Given(text="B")]),
    (Typed(id="t", question="?"), [Given(text="x y☂"), Given(text="a\u200cb")], []),
    (Typed(id="t", question="?"), [], [Given(text=" "), Given(text="a\nb")]),
    (Typed(id="d", question="?", digits=3), [Given(text="012")], [Given(text="12")]),
    (Typed(id="d", question="?", digits=3), [Given(text="520")], [Given(text="1²3")]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "right", "wrong"), QUESTIONS)
def test_a_question_takes_its_own_kind_of_answer_and_a_decline(
    question: Question, right: list[Given], wrong: list[Given]
) -> None:
    for one in (*right, Given()):
        question.check(one)
    other_kind = Given(text="1") if question.kind in ("category", "slider") else Given(1)
    for one in (*wrong, other_kind):
        with pytest.raises(RatingError, match=f"^{question.id} "):
            question.check(one)


def test_comparisons_are_scored_for_both_and_right_answers_for_one(folder: StudyFolder) -> None:
    def score(name: str, text: str | None, target: str | None = None) -> dict[str, float | None]:
        view = TrialView("one", target, {}, Order(()))
        asked = page(folder.study, name).questions(folder.study, view)[0]
        return page(folder.study, name).score(asked, "X", Given(text=text), view)

    assert score("ab", "A") == {"A": 1.0, "B": 0.0}
    assert score("ab", "none") == {"A": 0.5, "B": 0.5}
    assert score("ab", None) == {"A": None, "B": None}
    assert score("abx", "A", "A") == {"X": 1.0}
    assert score("abx", "B", "A") == {"X": 0.0}
    assert score("words", "pat", "bat") == {"X": 0.0}
    assert score("digits", "529", "529") == {"X": 1.0}
    assert score("transcription", "the cat sat", "The cat sat on the mat.") == {"X": 0.5}
    assert score("transcription", None, "It rained.") == {"X": None}


@pytest.mark.parametrize(
    ("answer", "target", "share"),
    [
        ("IT RAINED!", "It rained.", 1.0),
        ("rained it", "It rained.", 0.5),  # the order counts
        ("it really rained", "It rained.", 1.0),  # words too many cost nothing
        ("?", "It rained.", 0.0),
        ("don’t go", "Don't go", 1.0),
        ("今日は", "今日は雨", 0.75),  # no spaces: by character
    ],
)
def test_words_are_counted_in_order(answer: str, target: str, share: float) -> None:
    assert share_of_words(answer, target) == pytest.approx(share)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_share_of_words_is_a_share_and_the_target_itself_has_them_all(a: str, b: str) -> None:
    assert 0.0 <= share_of_words(a, b) <= 1.0
    assert share_of_words(b, b) in (0.0, 1.0)
    assert share_of_words(a + " " + b, b) == share_of_words(b, b) or not a.strip()


@pytest.mark.parametrize("snr_db", [-6.0, 0.0, 10.0])
def test_speech_noise_has_the_ratio_asked_for_and_the_spectrum_of_the_speech(
    snr_db: float,
) -> None:
    rng = np.random.default_rng(3)
    speech = Signal(np.cumsum(rng.normal(0, 0.01, (1, 16_000)), 1).astype(np.float32), 16_000)
    noise = in_speech_noise(speech, snr_db).samples - speech.samples
    ratio = np.mean(speech.samples.astype(float) ** 2) / np.mean(noise.astype(float) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.05)
    spectra = [np.abs(np.fft.rfft(one[0].astype(float))) for one in (speech.samples, noise)]
    levels = [10 * np.log10(np.mean(s[100:4000].reshape(-1, 130) ** 2, axis=1)) for s in spectra]
    assert np.std(levels[0] - levels[1]) < 0.5
    assert abs(np.corrcoef(speech.samples[0], noise[0])[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ({"words": 'words.one = { target = "x", options = ["a", "b"] }'}, "the target 'x'"),
        ({"ab": 'pairs = [["vocoder", "nothing"]]'}, "pages.ab.pairs: unknown nothing"),
        ({"ab": 'pairs = [["vocoder", "vocoder"]]'}, "two different systems"),
        ({"digits": '[pages.digits]\none = "52"'}, "digits.one"),
        ({"acr": 'scales = ["mss"]'}, "pages.acr.scales: unknown mss"),
        ({"timbre": ""}, "unknown page type; known: consent, "),
        ({"mushra": "anchor = 3"}, 'unknown key "pages.0.mushra.anchor"'),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_served_is_one_line(
    tmp_path: Path, pages: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        write_every_type_study(tmp_path, **pages, thanks="")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_item_that_the_run_lacks_is_found_with_the_nearest(tmp_path: Path) -> None:
    folder = write_every_type_study(tmp_path, acr='items = ["onee"]', mushra="", thanks="")
    with pytest.raises(PreflightError, match=r'item onee: .* did you mean "one"'):
        prepare(folder)


def test_an_item_without_a_text_is_found(tmp_path: Path) -> None:
    folder = write_every_type_study(tmp_path, digits='[pages.digits]\none = "529"', thanks="")
    with pytest.raises(PreflightError, match="page digits: it has no text for two"):
        prepare(folder)


def test_practice_takes_the_training_items_and_marks_its_trials(tmp_path: Path) -> None:
    folder = prepared_every_type_study(tmp_path, mushra="practice = true", acr="", thanks="")
    assert {(t.item, t.is_training) for t in plans(folder, "mushra")} == {("drill", True)}
    assert {t.item for t in plans(folder, "acr")} == {"one", "two"}
    assert set(PAGES) > {"mushra", "acr"}
