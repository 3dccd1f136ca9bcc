"""A file that was cut off is told, and a whole one never is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.stimuli.audio import read_audio
from earwitness.stimuli.errors import DataError

RATE = 16_000
KINDS = [("wav", "FLOAT"), ("wav", "PCM_16"), ("wav", "PCM_24"), ("flac", "PCM_16"), ("ogg", None)]


def write(path: Path, subtype: str | None, frames: int = RATE) -> None:
    samples = np.random.default_rng(frames).normal(0, 0.1, (frames, 2))
    soundfile.write(path, samples, RATE, subtype=subtype)


@pytest.mark.parametrize(("ending", "subtype"), KINDS)
@pytest.mark.parametrize("frames", [1, 1001, RATE, 10 * RATE])
def test_whole_files_are_read(tmp_path: Path, ending: str, subtype: str, frames: int) -> None:
    path = tmp_path / f"whole.{ending}"
    write(path, subtype, frames)
    assert read_audio(path).frames == frames


@pytest.mark.parametrize(("ending", "subtype"), KINDS)
@given(kept=st.floats(0.0, 0.999))
@settings(deadline=None, max_examples=15)
def test_a_file_that_was_cut_off_anywhere_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, ending: str, subtype: str, kept: float
) -> None:
    path = tmp_path_factory.mktemp("cut") / f"cut.{ending}"
    write(path, subtype)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DataError, match=r"truncated|unreadable|no audio frames"):
        read_audio(path)


def test_a_wav_file_that_leaves_its_length_open_is_read(tmp_path: Path) -> None:
    path = tmp_path / "streamed.wav"
    write(path, "PCM_16")
    content = bytearray(path.read_bytes())
    content[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert read_audio(path).frames == RATE


def test_what_follows_the_end_of_an_ogg_stream_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "tagged.ogg"
    write(path, None)
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    assert read_audio(path).frames == RATE
