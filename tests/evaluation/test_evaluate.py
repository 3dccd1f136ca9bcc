"""A whole run on noise: every row is there, failures have reasons, reruns fill what is missing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from torch import Tensor

from earwitness.evaluation.metrics import all_metrics
from earwitness.evaluation.metrics.batch import View
from earwitness.evaluation.metrics.metric import Metric
from earwitness.evaluation.progress import Phase, Progress
from earwitness.evaluation.run import Run, evaluate
from earwitness.stimuli.audio import Signal, read_audio, write_wav
from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.run_folder import load_run
from earwitness.stimuli.schema import LEADERBOARD, SCORES

from .conftest import FEW, FRAMES, HUMAN_MIX, ITEMS, RATE, UNMIXED, Workplace, noise

RELATIVE = "relative_loudness_error_lu"


class Recorder(Progress):
    """Counts what a run had left to do."""

    def __init__(self) -> None:
        self.left: dict[Phase, int] = {}
        self.rendered_pairs: list[tuple[str, str]] = []

    def begin(self, phase: Phase, total: int) -> None:
        self.left[phase] = total

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:
        del reason, seconds
        self.rendered_pairs.append((system, item))


def rerun(workplace: Workplace, *, trust: bool = True) -> tuple[Run, Recorder]:
    recorder = Recorder()
    run = evaluate(workplace.models, out=workplace.run, only=FEW, trust=trust, progress=recorder)
    return run, recorder


def rows(run: Run, **wanted: str) -> pd.DataFrame:
    table = run.scores
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def failures(run: Run) -> dict[tuple[str, str], str]:
    """(system, item) → the reason of its failed rows, which must be one."""
    failed = run.scores[run.scores["status"] == "failed"]
    found = failed.groupby(["system", "item"])["reason"].unique()
    assert all(len(reasons) == 1 for reasons in found)
    return {(str(key[0]), str(key[1])): reasons[0] for key, reasons in found.items()}  # type: ignore[index]


def test_every_system_item_and_metric_has_exactly_one_row(small: Workplace) -> None:
    run = small.evaluate()
    assert list(run.scores.columns) == SCORES.names
    assert len(run.scores) == 2 * len(ITEMS) * len(FEW)
    assert not run.scores.duplicated(["system", "item", "metric"]).any()
    assert run.failed == 0
    assert list(run.scores["value"].notna()) == list(run.scores["status"] == "ok")
    for name in ("scores.parquet", "scores.csv", "leaderboard.csv", "manifest.json"):
        assert (small.run / name).is_file()
    stored = pd.read_parquet(small.run / "scores.parquet")
    pd.testing.assert_frame_equal(stored, run.scores)
    assert list(pd.read_csv(small.run / "leaderboard.csv").columns) == LEADERBOARD.names


def test_relative_loudness_is_zero_for_the_human_mix_and_as_made_for_unmixed(
    small: Workplace,
) -> None:
    small.python("human-mix", HUMAN_MIX, role="reference")
    run = small.evaluate()
    human = rows(run, system="human-mix", metric=RELATIVE)["value"]
    unmixed = rows(run, system="unmixed", metric=RELATIVE)["value"]
    assert list(human) == [0.0, 0.0, 0.0]
    # Leads of white noise of half the peak, 6, 7 and 8 dB up; unmixed has lead and backing equal.
    assert list(unmixed) == pytest.approx([6 - 6.02, 7 - 6.02, 8 - 6.02], abs=0.2)
    assert set(rows(run, system="cnn", metric=RELATIVE)["status"]) == {"not_applicable"}
    assert set(rows(run, metric="loudness_error_lu")["status"]) == {"not_applicable"}


def test_audio_is_stored_as_it_was_returned(small: Workplace) -> None:
    small.rendered("cnn", {ITEMS[0]: noise(100, peak=3.0)})
    small.evaluate()
    stored = read_audio(small.run / "audio" / "cnn" / f"{ITEMS[0]}.wav", rate=RATE)
    np.testing.assert_array_equal(stored.samples, noise(100, peak=3.0))
    stems = [small.run / "stems" / "unmixed" / ITEMS[1] / f"{s}.wav" for s in ("lead", "backing")]
    mix = read_audio(small.run / "audio" / "unmixed" / f"{ITEMS[1]}.wav")
    total = sum(read_audio(stem).samples for stem in stems)
    np.testing.assert_allclose(mix.samples, total, atol=1e-6)
    assert not (small.run / "stems" / "cnn").exists()


def test_similarities_stand_beside_what_chance_reaches(small: Workplace) -> None:
    board = small.evaluate().leaderboard
    for_metric = board[board["system"] == "unmixed"].set_index("metric")
    row = for_metric.loc["pcc_envelope"]
    assert row["mean"] > 0.9  # the stems of the right song
    assert row["chance"] < 0.5
    assert pd.isna(for_metric.loc["mrstft", "chance"])
    assert "<small>by chance 0." in (small.run / "report.html").read_text()
    stored = pd.read_csv(small.run / "leaderboard.csv")
    assert stored["chance"].notna().sum() == board["chance"].notna().sum() > 1


def test_a_rerun_computes_nothing_and_gives_the_same_tables(small: Workplace) -> None:
    first = small.evaluate()
    again, recorder = rerun(small)
    assert recorder.left == {"check": 3, "render": 0, "score": 0, "chance": 0}
    pd.testing.assert_frame_equal(first.scores, again.scores)
    pd.testing.assert_frame_equal(first.leaderboard, again.leaderboard)


def test_what_changed_is_computed_again_and_nothing_else(small: Workplace) -> None:
    small.evaluate()
    small.rendered("cnn", {ITEMS[1]: noise(200)})
    _, recorder = rerun(small)
    assert recorder.rendered_pairs == [("cnn", ITEMS[1])]
    assert recorder.left["score"] == len(FEW)

    small.python("unmixed", UNMIXED + "\n    # changed\n", role="baseline")
    run, recorder = rerun(small)
    assert run.failed == 0
    assert sorted(recorder.rendered_pairs) == [("unmixed", item) for item in ITEMS]
    assert recorder.left["score"] == 0  # it rendered the same audio, which has its scores

    small.stems(ITEMS[2], noise(7), noise(8))
    _, recorder = rerun(small)
    assert {item for _, item in recorder.rendered_pairs} == {ITEMS[2]}


def test_audio_that_was_changed_in_the_run_is_rendered_again(small: Workplace) -> None:
    first = small.evaluate()
    path = small.run / "audio" / "cnn" / f"{ITEMS[0]}.wav"
    write_wav(path, Signal(noise(300), RATE))
    again, recorder = rerun(small)
    assert recorder.rendered_pairs == [("cnn", ITEMS[0])]
    pd.testing.assert_frame_equal(first.scores, again.scores)


def test_bad_renderings_are_failed_rows_and_others_are_unharmed(small: Workplace) -> None:
    good = small.evaluate()
    bad = noise(1)
    bad[0, 3] = np.nan
    audio = {ITEMS[0]: bad, ITEMS[1]: np.zeros((1, FRAMES), np.float32)}
    small.rendered("broken", {**audio, ITEMS[2]: noise(1, frames=FRAMES + 1)})
    small.rendered("slow-rate", dict.fromkeys(ITEMS, noise(1)), rate=8_000)
    small.rendered("absent", {ITEMS[0]: noise(1)})
    small.rendered("text", {})
    for item in ITEMS:
        (small.models / "text" / "audio" / f"{item}.wav").write_text("no audio")
    run = small.evaluate()
    reasons = failures(run)
    assert "NaN or infinite" in reasons["broken", ITEMS[0]]
    assert "silent" in reasons["broken", ITEMS[1]]
    assert f"{FRAMES + 1} frames" in reasons["broken", ITEMS[2]]
    assert "8000 Hz, not 16000 Hz" in reasons["slow-rate", ITEMS[0]]
    assert "no such file" in reasons["absent", ITEMS[1]]
    assert "unreadable or not an audio file" in reasons["text", ITEMS[2]]
    assert len(reasons) == 3 + 3 + 2 + 3
    old = run.scores[run.scores["system"].isin(good.scores["system"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, good.scores)


def test_metrics_without_a_meaning_stay_not_applicable_when_a_rendering_fails(
    small: Workplace,
) -> None:
    small.rendered("cnn", {ITEMS[0]: np.zeros((1, FRAMES), np.float32)})
    of_item = rows(small.evaluate(), system="cnn", item=ITEMS[0]).set_index("metric")["status"]
    assert of_item["stoi"] == "not_applicable"  # for speech only
    assert of_item["loudness_error_lu"] == "not_applicable"  # the harness set the level
    assert of_item["mrstft"] == "failed"
    assert of_item[RELATIVE] == "failed"


def break_item(workplace: Workplace, fault: str) -> None:
    lead = workplace.item(ITEMS[1]) / "lead.wav"
    if fault == "missing stem":
        lead.unlink()
    elif fault == "missing item":
        for path in (*workplace.item(ITEMS[1]).iterdir(), workplace.item(ITEMS[1])):
            path.rmdir() if path.is_dir() else path.unlink()
    elif fault == "truncated":
        lead.write_bytes(lead.read_bytes()[:20])
    elif fault == "wrong rate":
        write_wav(lead, Signal(noise(1), 8_000))
    elif fault == "silent":
        write_wav(lead, Signal(np.zeros((1, FRAMES), np.float32), RATE))
    elif fault == "NaN":
        write_wav(lead, Signal(np.full((1, FRAMES), np.nan, np.float32), RATE))
    elif fault == "another length":
        write_wav(lead, Signal(noise(1, frames=FRAMES - 5), RATE))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("missing stem", "lead: no such file"),
        ("missing item", "no such file"),
        ("truncated", "unreadable"),
        ("wrong rate", "8000 Hz, not 16000 Hz"),
        ("silent", "silent"),
        ("NaN", "NaN"),
        ("another length", "stems differ"),
    ],
)
def test_a_broken_item_is_failed_rows_for_every_system(
    workplace: Workplace, fault: str, reason: str
) -> None:
    workplace.dataset(more=f"[split]\ntest = {json.dumps(ITEMS)}\n")
    for name in ("cnn", "rnn"):
        workplace.rendered(name, {item: noise(9) for item in ITEMS})
    break_item(workplace, fault)
    run = workplace.evaluate()
    reasons = failures(run)
    assert set(reasons) == {("cnn", ITEMS[1]), ("rnn", ITEMS[1])}
    assert all(reason in told for told in reasons.values())
    assert len(rows(run, item=ITEMS[1])) == 2 * len(FEW)


def test_a_repaired_item_is_scored_by_the_next_run(workplace: Workplace) -> None:
    workplace.dataset()
    workplace.rendered("cnn", {item: noise(9) for item in ITEMS})
    break_item(workplace, "truncated")
    assert workplace.evaluate().failed > 0
    workplace.dataset()
    run, recorder = rerun(workplace)
    assert run.failed == 0
    assert recorder.rendered_pairs == [("cnn", ITEMS[1])]


def test_failed_renderings_are_tried_again_by_a_new_run_only(small: Workplace) -> None:
    """After `pip install` of what a model lacked, say; a resumed run keeps what it knows."""
    code = f"import pathlib\nassert pathlib.Path({str(small.root / 'ready')!r}).exists()\n"
    small.python("unmixed", code + UNMIXED.replace("\n    ", "\n"), role="baseline")
    assert "AssertionError" in failures(small.evaluate())["unmixed", ITEMS[0]]
    (small.root / "ready").write_text("")
    run, recorder = rerun(small)
    assert run.failed == 0
    assert len(recorder.rendered_pairs) == len(ITEMS)


def test_failed_scores_are_tried_again_by_a_new_run_only(small: Workplace) -> None:
    """A process that ran out of memory, say, must not decide for ever."""
    ready = small.root / "ready"

    def compute(view: View) -> Tensor:
        if not ready.exists():
            raise MemoryError("no memory left")
        return view.estimate.amax(dim=(1, 2))

    facts = dataclasses.replace(all_metrics()["si_sdr_db"].facts, id="fragile", resource="torch")
    metric = Metric(facts, compute)
    run = evaluate(small.models, out=small.run, only=FEW, trust=True, extra_metrics=[metric])
    assert run.failed == len(rows(run, metric="fragile")) == 2 * len(ITEMS)
    ready.write_text("")
    recorder = Recorder()
    run = evaluate(
        small.models, out=small.run, only=FEW, trust=True, extra_metrics=[metric], progress=recorder
    )
    assert run.failed == 0
    assert (recorder.left["render"], recorder.left["score"]) == (0, 2 * len(ITEMS))


def test_a_failure_removes_the_audio_of_an_earlier_run(small: Workplace) -> None:
    small.evaluate()
    small.python("unmixed", "raise ValueError('x')", role="baseline")
    small.evaluate()
    assert not list((small.run / "audio" / "unmixed").glob("*.wav"))
    assert not list((small.run / "stems" / "unmixed").glob("*/*.wav"))


def test_training_items_are_rendered_and_not_scored(workplace: Workplace) -> None:
    split = f'[split]\ntest = {json.dumps(ITEMS[:2])}\ntraining = ["{ITEMS[2]}"]\n'
    workplace.dataset(more=split)
    workplace.python("human-mix", HUMAN_MIX, role="reference")
    workplace.rendered("cnn", {item: noise(9) for item in ITEMS[:2]})
    run = workplace.evaluate()
    assert (workplace.run / "audio" / "human-mix" / f"{ITEMS[2]}.wav").is_file()
    assert set(run.scores["item"]) == set(ITEMS[:2])
    assert run.failed == 0
    [failure] = run.failures
    assert failure.startswith(f"cnn, {ITEMS[2]}: ")


def test_the_reference_is_kept_from_models_and_baselines(workplace: Workplace) -> None:
    workplace.dataset()
    workplace.python("peeks", HUMAN_MIX, role="model")
    workplace.python("shown", HUMAN_MIX, role="anchor")
    run = workplace.evaluate()
    assert {system for system, _ in failures(run)} == {"peeks"}


def test_the_fit_set_is_part_of_the_key(workplace: Workplace) -> None:
    fitted = UNMIXED + "\n        def fit(self, examples):\n            pass\n"
    workplace.dataset()
    workplace.python("unmixed", fitted, role="baseline", more='fit = "leave-one-group-out"')
    workplace.evaluate()
    workplace.stems(ITEMS[0], noise(50), noise(51))
    _, recorder = rerun(workplace)
    assert len(recorder.rendered_pairs) == len(ITEMS)


def test_groups_of_two_datasets_with_one_name_are_different_groups(workplace: Workplace) -> None:
    code = """
        class System:
            def __init__(self, parameters):
                pass

            def fit(self, examples):
                self.seen = [example.item for example in examples]

            def render(self, inputs):
                raise RuntimeError(" ".join(self.seen))
    """
    workplace.dataset(("a1", "a2"), name="first", more='[groups]\na1 = "x"\na2 = "y"\n')
    workplace.dataset(("b1", "b2"), name="second", more='[groups]\nb1 = "y"\nb2 = "z"\n')
    workplace.python("fitted", code, more='fit = "leave-one-group-out"')
    told = {item: reason.split()[3] for (_, item), reason in failures(workplace.evaluate()).items()}
    assert told == {"a1": "a2", "a2": "a1", "b1": "b2", "b2": "b1"}


def test_the_manifest_says_what_was_run(small: Workplace) -> None:
    small.evaluate()
    manifest = json.loads((small.run / "manifest.json").read_text())
    assert [system["name"] for system in manifest["systems"]] == ["cnn", "unmixed"]
    assert {item["group"] for item in manifest["items"]} == set(ITEMS)
    assert {metric["id"] for metric in manifest["metrics"]} == set(FEW)
    keys = {"id", "version", "level", "channels", "resampler", "delay"}
    assert all(keys <= set(metric) for metric in manifest["metrics"])
    assert manifest["datasets"][0]["may_publish"] is False
    assert manifest["device"]["tf32"] == "off"
    assert len(load_run(small.run).items) == len(ITEMS)
    digest = manifest["digest"]
    small.evaluate()
    assert json.loads((small.run / "manifest.json").read_text())["digest"] == digest


def test_item_ids_are_unique_in_a_run(small: Workplace) -> None:
    small.dataset(("song-a",), name="other")
    with pytest.raises(ConfigError, match="item 'song-a' is also in"):
        small.evaluate()


def test_a_run_without_datasets_is_refused(workplace: Workplace) -> None:
    workplace.rendered("cnn", {})
    with pytest.raises(ConfigError, match="no dataset there; name one with --dataset"):
        workplace.evaluate()


def test_a_run_in_which_nothing_fits_is_refused(workplace: Workplace) -> None:
    workplace.dataset()
    folder = workplace.rendered("cnn", {})
    text = (folder / "model.toml").read_text().replace('"mix"', '"style"')
    (folder / "model.toml").write_text(text)
    with pytest.raises(ConfigError, match="no dataset fits a model"):
        workplace.evaluate()


def test_a_run_folder_that_cannot_be_written_is_one_error(small: Workplace) -> None:
    (small.root / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        evaluate(small.models, out=Path(small.root / "file" / "run"))
