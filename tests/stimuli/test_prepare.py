"""`prepare`: what comes out is blind, equally loud and safe; a second time changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from earwitness.stimuli.audio import Signal, read_audio
from earwitness.stimuli.errors import DataError, StimulusError
from earwitness.stimuli.level import gain, integrated_loudness_lufs, true_peak_dbtp
from earwitness.stimuli.manifest import Stimulus, load_stimuli, stimulus_path
from earwitness.stimuli.prepare import is_stale, prepare
from earwitness.stimuli.study import StudyFolder


def by_page(folder: StudyFolder) -> dict[tuple[str, str], list[Stimulus]]:
    pages = defaultdict(list)
    for stimulus in load_stimuli(folder).stimuli:
        pages[stimulus.page, stimulus.item].append(stimulus)
    return pages


def audio(folder: StudyFolder, stimulus: Stimulus) -> Signal:
    return read_audio(stimulus_path(folder, stimulus.id))


def test_every_system_and_item_becomes_a_stimulus_and_training_gets_a_good_and_a_bad(
    study: Any,
) -> None:
    prepared = prepare(study.folder)
    assert prepared.findings == ()
    rated = [(s.item, s.system, s.role) for s in prepared.set.stimuli if not s.is_training]
    assert rated == [
        (item, system, role)
        for item in ("song-1", "song-2")
        for system, role in (("human-mix", "reference"), ("unmixed", "baseline"), ("cnn", "model"))
    ]
    trained = [(s.page, s.item, s.system, s.role) for s in prepared.set.stimuli if s.is_training]
    assert trained == [
        ("training", "song-t", "human-mix", "training"),
        ("training", "song-t", "training-bad", "training"),
    ]
    assert load_stimuli(study.folder) == prepared.set


def test_all_versions_of_a_page_have_one_loudness_one_length_and_one_size(study: Any) -> None:
    for item in ("song-1", "song-2"):
        for system, level in (("human-mix", 0.5), ("unmixed", 0.02), ("cnn", 0.1)):
            rendering = read_audio(study.path(system, item))
            study.render(system, item, gain(rendering, 20 * np.log10(level / 0.1)))
    prepare(study.folder)
    for versions in by_page(study.folder).values():
        paths = [stimulus_path(study.folder, version.id) for version in versions]
        assert len({version.frames for version in versions}) == 1
        assert len({path.stat().st_size for path in paths}) == 1
        assert len({path.read_bytes()[:44] for path in paths}) == 1
        heard = [audio(study.folder, version) for version in versions]
        for version, signal in zip(versions, heard, strict=True):
            assert integrated_loudness_lufs(signal) == pytest.approx(-23.0, abs=0.1)
            assert true_peak_dbtp(signal) <= -1.0
            assert version.loudness_lufs == pytest.approx(
                integrated_loudness_lufs(signal), abs=1e-3
            )
            assert version.bytes == 44 + 2 * signal.frames


def test_a_stimulus_is_16_bit_pcm_with_a_header_of_44_bytes_and_nothing_else(study: Any) -> None:
    for stimulus in prepare(study.folder).set.stimuli:
        path = stimulus_path(study.folder, stimulus.id)
        assert soundfile.info(path).subtype == "PCM_16"
        content = path.read_bytes()
        assert content[36:40] == b"data"
        assert int.from_bytes(content[40:44], "little") == len(content) - 44


def test_stimuli_json_is_readable_by_its_owner_only(study: Any) -> None:
    previous = os.umask(0)
    try:
        prepare(study.folder)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(study.folder.manifest.stat().st_mode) == 0o600


def test_file_names_are_random_and_say_nothing(
    study: Any, tmp_path_factory: pytest.TempPathFactory, make_study: Callable[[Path], Any]
) -> None:
    other = make_study(tmp_path_factory.mktemp("twin"))
    first, second = prepare(study.folder).set, prepare(other.folder).set
    assert [s.sha256 for s in first.stimuli] == [s.sha256 for s in second.stimuli]
    assert first.ids.isdisjoint(second.ids)
    names = {path.name for path in study.folder.stimuli.iterdir()}
    assert names == {f"{name}.wav" for name in first.ids} | {"stimuli.json"}


def test_the_same_study_prepared_twice_keeps_ids_and_bytes(study: Any) -> None:
    first = prepare(study.folder).set
    written = {p: p.stat().st_mtime_ns for p in study.folder.stimuli.glob("*.wav")}
    assert prepare(study.folder).set == first
    assert {p: p.stat().st_mtime_ns for p in study.folder.stimuli.glob("*.wav")} == written


def test_a_changed_rendering_replaces_its_own_page_only(
    study: Any, make_noise: Callable[..., Signal]
) -> None:
    first = prepare(study.folder).set
    assert is_stale(study.folder) is None
    study.render("cnn", "song-1", make_noise("another"))
    assert "run has changed" in (is_stale(study.folder) or "")
    second = prepare(study.folder).set
    assert is_stale(study.folder) is None
    changed = {old.id for old in first.stimuli} - {new.id for new in second.stimuli}
    assert [(s.system, s.item) for s in first.stimuli if s.id in changed] == [("cnn", "song-1")]
    assert not stimulus_path(study.folder, changed.pop()).exists()


def test_what_makes_a_set_stale(study: Any) -> None:
    assert "no such file" in (is_stale(study.folder) or "")
    stimuli = prepare(study.folder).set
    study.write(presentation="loudness_lufs = -26")
    assert "study.toml has changed" in (is_stale(study.folder) or "")
    study.write()
    assert is_stale(study.folder) is None
    study.manifest["systems"][2]["role"] = "anchor"
    study.write()
    assert "run has changed" in (is_stale(study.folder) or "")
    prepare(study.folder)
    stimulus_path(study.folder, stimuli.level_noise).unlink()
    assert "is missing" in (is_stale(study.folder) or "")
    prepare(study.folder)
    assert is_stale(study.folder) is None
    study.folder.manifest.write_text("{}")
    assert "not a stimulus set" in (is_stale(study.folder) or "")


def test_whole_stimuli_need_no_run_on_the_host_that_serves_them(study: Any) -> None:
    stimuli = prepare(study.folder).set
    shutil.rmtree(study.folder.run)
    assert is_stale(study.folder) is None
    stimulus_path(study.folder, stimuli.level_noise).unlink()
    assert "is missing" in (is_stale(study.folder) or "")


def test_a_preparation_that_fails_leaves_the_old_set_as_it_was(
    study: Any, make_noise: Callable[..., Signal]
) -> None:
    first = prepare(study.folder).set
    before = sorted(study.folder.stimuli.iterdir())
    study.render("cnn", "song-1", make_noise("another"))
    study.path("unmixed", "song-2").unlink()
    with pytest.raises(StimulusError, match="unmixed/song-2"):
        prepare(study.folder)
    assert sorted(study.folder.stimuli.iterdir()) == before
    assert load_stimuli(study.folder) == first


def test_audio_that_sessions_depend_on_is_never_replaced(
    study: Any, make_noise: Callable[..., Signal]
) -> None:
    first = prepare(study.folder).set
    before = sorted(study.folder.stimuli.iterdir())
    stimulus_path(study.folder, first.stimuli[0].id).unlink()
    assert prepare(study.folder, must_keep=first.ids).set == first
    assert is_stale(study.folder) is None
    study.render("cnn", "song-1", make_noise("another"))
    with pytest.raises(StimulusError, match=r"not what the sessions so far have heard"):
        prepare(study.folder, must_keep=first.ids)
    assert sorted(study.folder.stimuli.iterdir()) == before
    assert load_stimuli(study.folder) == first


def test_a_page_with_high_peaks_is_lowered_as_a_whole_and_never_limited(study: Any) -> None:
    for system in ("human-mix", "unmixed", "cnn"):
        study.render(system, "song-1", read_audio(study.path(system, "song-2")))
    clicks = read_audio(study.path("cnn", "song-1"))
    clicks.samples[:, 10_000::9_000] = 5.0
    study.render("cnn", "song-1", clicks)
    prepared = prepare(study.folder)
    page = by_page(study.folder)["", "song-1"]
    assert {version.flags for version in page} == {page[0].flags}
    assert page[0].flags[0].startswith("lowered")
    assert max(version.true_peak_dbtp for version in page) <= -1.0
    levels = [version.loudness_lufs for version in page]
    assert max(levels) - min(levels) < 0.1
    assert levels[0] < -24.0
    cnn = page[2]
    scaled = gain(clicks, cnn.gain_db).samples[:, 5000:-5000]
    heard = audio(study.folder, cnn).samples[:, 5000:-5000]
    assert np.abs(scaled - heard).max() < 2 / 32768 + 1e-3  # dither, and the DC taken out
    assert any("lowered by" in finding.what for finding in prepared.findings)
    assert by_page(study.folder)["", "song-2"][0].loudness_lufs == pytest.approx(-23, abs=0.1)


def test_a_burst_of_more_than_10_lu_over_the_target_lowers_the_page(study: Any) -> None:
    study.write(presentation="loudness_lufs = -36")
    rendering = read_audio(study.path("cnn", "song-1"))
    long = np.tile(rendering.samples, (1, 20)) * np.float32(0.1)
    long[:, 100_000:124_000] *= 8.0
    for system in ("human-mix", "unmixed", "cnn"):
        study.render(system, "song-1", Signal(long, rendering.rate))
    prepare(study.folder)
    page = by_page(study.folder)["", "song-1"]
    assert page[0].flags[0].startswith("lowered")
    assert page[0].true_peak_dbtp < -6.0  # it was not the peak


def test_the_excerpt_starts_and_ends_in_silence_and_has_no_dc(study: Any) -> None:
    study.write(presentation="excerpt_s = 0.75\nfade_ms = 20")
    rendering = read_audio(study.path("cnn", "song-1"))
    study.render("cnn", "song-1", Signal(rendering.samples + np.float32(0.05), rendering.rate))
    prepared = prepare(study.folder)
    assert [(f.severity, f.where) for f in prepared.findings] == [("warning", "cnn/song-1")]
    assert "DC of -26 dBFS" in prepared.findings[0].what
    for stimulus in prepared.set.stimuli:
        heard = audio(study.folder, stimulus)
        assert heard.frames == 36_000
        assert np.abs(heard.samples[:, [0, 1, -2, -1]]).max() < 3 / 32768
        assert abs(float(heard.samples.mean())) < 1e-3


def test_an_excerpt_evens_out_lengths_with_a_warning(
    study: Any, make_noise: Callable[..., Signal]
) -> None:
    study.render("cnn", "song-1", make_noise("longer", seconds=1.25))
    study.write(presentation="excerpt_s = 0.8")
    prepared = prepare(study.folder)
    assert [f.severity for f in prepared.findings] == ["warning"]
    assert {s.frames for s in prepared.set.stimuli} == {38_400}


def test_two_systems_with_the_same_sound_are_pointed_out(study: Any) -> None:
    study.render("cnn", "song-2", gain(read_audio(study.path("unmixed", "song-2")), -7.0))
    findings = prepare(study.folder).findings
    assert [f.what for f in findings] == ["unmixed and cnn sound the same"]


def test_the_level_noise_has_the_loudness_of_the_study_and_loops_without_a_seam(
    study: Any,
) -> None:
    study.write(presentation="loudness_lufs = -26")
    stimuli = prepare(study.folder).set
    noise = read_audio(stimulus_path(study.folder, stimuli.level_noise))
    assert integrated_loudness_lufs(noise) == pytest.approx(-26.0, abs=0.1)
    assert true_peak_dbtp(noise) <= -1.0
    assert noise.duration_s == 5.0
    steps = np.abs(np.diff(noise.samples[0]))
    assert abs(noise.samples[0, 0] - noise.samples[0, -1]) <= steps.max()


def test_progress_counts_the_pages(study: Any) -> None:
    seen: list[tuple[int, int, str]] = []
    prepare(study.folder, progress=lambda *step: seen.append(step))
    assert seen == [(0, 3, "song-1"), (1, 3, "song-2"), (2, 3, "song-t"), (3, 3, "")]


def test_loading_before_preparing_names_the_command(study: Any) -> None:
    with pytest.raises(StimulusError, match="run `earwitness prepare"):
        load_stimuli(study.folder)


def test_a_folder_that_cannot_be_written_is_one_line(study: Any) -> None:
    (study.root / "stimuli").write_text("in the way")
    with pytest.raises(StimulusError, match=r"cannot be written"):
        prepare(study.folder)


def test_a_study_without_a_run_says_what_to_do(study: Any) -> None:
    (study.run / "manifest.json").unlink()
    with pytest.raises(DataError, match="run `evaluate` first"):
        prepare(study.folder)
    (study.run / "manifest.json").write_text(json.dumps({"systems": []}))
    with pytest.raises(DataError, match=r"not a run's manifest \(items\)"):
        prepare(study.folder)
