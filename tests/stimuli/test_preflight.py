"""Each thing that is wrong with a study or its run is one clear line before anybody listens."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from rich.console import Console

from earwitness.stimuli.audio import Signal, read_audio
from earwitness.stimuli.findings import Finding, PreflightError, findings_table
from earwitness.stimuli.level import gain
from earwitness.stimuli.prepare import prepare

Noise = Callable[..., Signal]


def errors(study: Any) -> list[str]:
    """The errors that keep `prepare` from serving the study; each has a place and a way out."""
    with pytest.raises(PreflightError) as caught:
        prepare(study.folder)
    found = [finding for finding in caught.value.findings if finding.severity == "error"]
    assert all(finding.where and finding.fix for finding in found)
    assert "\n" not in str(caught.value)
    assert str(found[0]) in str(caught.value)
    assert not (study.root / "stimuli" / "stimuli.json").exists()
    assert not list(study.root.glob("stimuli/*.wav"))
    return [f"{finding.where}: {finding.what}" for finding in found]


def test_a_missing_rendering(study: Any) -> None:
    study.path("cnn", "song-2").unlink()
    assert errors(study) == ["cnn/song-2: the run has no rendering of it"]


def test_a_file_that_is_no_audio(study: Any) -> None:
    study.path("cnn", "song-2").write_bytes(b"RIFF" + b"\0" * 100)
    assert errors(study) == ["cnn/song-2: unreadable or not an audio file"]


def test_samples_that_are_not_finite(study: Any, make_noise: Noise) -> None:
    signal = make_noise("x")
    signal.samples[0, 100] = np.nan
    soundfile.write(study.path("cnn", "song-1"), signal.samples.T, signal.rate, subtype="FLOAT")
    assert errors(study) == ["cnn/song-1: has NaN or infinite samples"]


def test_versions_of_different_rates(study: Any, make_noise: Noise) -> None:
    study.render("unmixed", "song-1", make_noise("x", rate=44_100))
    assert errors(study) == [
        "item song-1: the versions differ in rate or channels "
        "(cnn 48000 Hz × 1, unmixed 44100 Hz × 1)"
    ]


def test_versions_of_different_channels(study: Any, make_noise: Noise) -> None:
    study.render("cnn", "song-1", make_noise("x", channels=2))
    assert errors(study) == [
        "item song-1: the versions differ in rate or channels "
        "(unmixed 48000 Hz × 1, cnn 48000 Hz × 2)"
    ]


def test_items_of_different_rates(study: Any, make_noise: Noise) -> None:
    for system in ("human-mix", "unmixed", "cnn"):
        study.render(system, "song-2", make_noise(system, rate=44_100))
    assert errors(study) == [
        "stimuli.items: the items differ in rate or channels "
        "(song-t 48000 Hz × 1, song-2 44100 Hz × 1)"
    ]


def test_more_channels_than_browsers_play_alike(study: Any, make_noise: Noise) -> None:
    for system in ("human-mix", "unmixed", "cnn"):
        study.render(system, "song-1", make_noise(system, channels=4))
    assert "item song-1: it has 4 channels; browsers play at most 2 alike" in errors(study)


def test_versions_of_different_lengths(study: Any, make_noise: Noise) -> None:
    study.render("cnn", "song-1", make_noise("x", seconds=0.9))
    assert errors(study) == [
        "item song-1: the versions differ in length "
        "(human-mix 1.000 s, unmixed 1.000 s, cnn 0.900 s)"
    ]


def test_an_item_too_short_to_loop(study: Any, make_noise: Noise) -> None:
    for system in ("human-mix", "unmixed", "cnn"):
        study.render(system, "song-1", make_noise(system, seconds=0.45))
    assert errors(study) == ["item song-1: it is only 0.45 s long; at least 0.5 s are needed"]


def test_a_silent_rendering(study: Any, make_noise: Noise) -> None:
    study.render("cnn", "song-1", make_noise("x", level=0.0))
    assert errors(study) == ["cnn/song-1: what would be heard of it is silent"]


def test_a_constant_is_silence_with_dc(study: Any, make_noise: Noise) -> None:
    silence = make_noise("x", level=0.0)
    study.render("cnn", "song-1", Signal(silence.samples + np.float32(0.3), silence.rate))
    assert errors(study) == ["cnn/song-1: what would be heard of it is silent"]


def test_a_near_silent_rendering_is_not_amplified(study: Any) -> None:
    study.render("cnn", "song-1", gain(read_audio(study.path("cnn", "song-1")), -40.0))
    assert "cnn/song-1: what would be heard of it is near-silent (-5" in errors(study)[0]


def test_a_rendering_whose_excerpt_is_silent(study: Any) -> None:
    signal = read_audio(study.path("cnn", "song-1"))
    signal.samples[:, :26_000] = 0.0
    study.render("cnn", "song-1", signal)
    study.write(presentation="excerpt_s = 0.5")
    assert errors(study) == ["cnn/song-1: what would be heard of it is silent"]


def test_a_system_that_the_run_lacks(study: Any) -> None:
    study.manifest["systems"][2]["name"] = "cnn-2"
    study.write()
    assert errors(study) == ["system cnn: the run lacks this system"]


def test_an_item_that_the_run_lacks_is_answered_with_the_nearest(study: Any) -> None:
    study.write(stimuli='items = ["song-1", "sonng-2"]')
    with pytest.raises(PreflightError, match=r'item sonng-2: .*; did you mean "song-2"\?'):
        prepare(study.folder)


def test_a_training_system_that_the_run_lacks(study: Any) -> None:
    text = (study.root / "study.toml").read_text().replace('good = "human-mix"', 'good = "human"')
    (study.root / "study.toml").write_text(text)
    assert errors(study) == ["system human: the run lacks this system"]


def test_a_training_item_that_is_a_test_item(study: Any) -> None:
    study.manifest["items"][2]["split"] = "test"
    study.write()
    assert errors(study) == ["item song-t: it is both a training item and a test item"]


def test_a_test_item_that_the_dataset_keeps_for_training(study: Any) -> None:
    text = (study.root / "study.toml").read_text()
    text = text.replace('training_items = ["song-t"]', 'items = ["song-1", "song-t"]\n')
    text = text.replace('[[pages]]\ntype = "training"\ngood = "human-mix"\n', "")
    (study.root / "study.toml").write_text(text)
    assert errors(study) == ["item song-t: its dataset keeps it for training; it has no scores"]


def test_a_training_item_with_the_audio_of_a_test_item(study: Any) -> None:
    shutil.copyfile(study.path("human-mix", "song-2"), study.path("human-mix", "song-t"))
    assert errors(study) == [
        "item song-t: the training item has the same audio as the test item song-2"
    ]


def test_an_item_and_a_system_of_another_task(study: Any) -> None:
    study.manifest["items"][0]["task"] = "speech"
    study.manifest["systems"][2]["tasks"] = ["speech"]
    study.write(stimuli='items = ["song-1", "song-2"]')
    assert errors(study) == [
        "system cnn: it was not run on the task mix",
        "item song-1: its task is speech, the study's is mix",
    ]


def test_a_run_without_items_of_the_task(study: Any) -> None:
    for item in study.manifest["items"][:2]:
        item["split"] = "validation"
    study.write()
    assert errors(study) == ["stimuli.items: the run has no test item of the task mix"]


def test_data_that_may_not_be_published_is_not_served(study: Any) -> None:
    study.manifest["datasets"][0]["may_publish"] = False
    study.write(stimuli='items = ["song-1"]')
    assert errors(study) == [
        f"item {item}: the dataset songs may not be published, so that it is not served"
        for item in ("song-1", "song-t")
    ]


@pytest.mark.parametrize("name", ["training-bad", "lowpass-1000"])
def test_a_system_named_as_the_bad_version_of_the_training(study: Any, name: str) -> None:
    study.manifest["systems"][2]["name"] = name
    study.write()
    text = (study.root / "study.toml").read_text().replace('"cnn"', f'"{name}"')
    (study.root / "study.toml").write_text(text)
    assert f'page training: "{name}" is the bad version of the training and a system' in "".join(
        errors(study)
    )


def test_a_system_that_sounds_as_the_bad_version_of_the_training(study: Any) -> None:
    from earwitness.stimuli.degrade import clipped

    study.write(training='bad = "clipped"')
    good = read_audio(study.path("human-mix", "song-t"))
    study.render("cnn", "song-t", gain(clipped(good), -3.0))
    assert errors(study) == [
        "page training, item song-t: its bad version sounds the same as the system cnn"
    ]


def test_a_long_item_is_a_warning(study: Any, make_noise: Noise) -> None:
    for system in ("human-mix", "unmixed", "cnn"):
        study.render(system, "song-1", make_noise(system, seconds=12.5))
    study.write(stimuli='items = ["song-1"]')
    findings = prepare(study.folder).findings
    assert [finding.what for finding in findings] == [
        "it is 12.5 s long; BS.1534-3 advises at most 12 s"
    ]


def test_all_faults_are_found_at_once(study: Any, make_noise: Noise) -> None:
    study.path("cnn", "song-1").unlink()
    study.render("cnn", "song-2", make_noise("x", level=0.0))
    study.path("human-mix", "song-t").write_bytes(b"")
    assert len(errors(study)) == 4  # the training's good and bad version are made of one file


def test_the_table_shows_errors_first_and_takes_names_literally() -> None:
    warning = Finding("warning", "long", "item [bold]a", "cut it")
    error = Finding("error", "silent", "cnn/b", "leave it out")
    console = Console(file=io.StringIO(), width=100)
    console.print(findings_table([warning, error]))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "[bold]a" in text
    assert text.index("error") < text.index("warning")


def test_a_formula_over_what_the_study_will_not_know(study: Any) -> None:
    file = study.root / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f'{text}\n[analysis]\nformula = "rating ~ system * taste + position"\n')
    [found] = errors(study)
    assert found.startswith("analysis.formula: ")
    assert "there is no 'taste' in the study" in found
