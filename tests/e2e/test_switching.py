"""What the player's engines put out, rendered by a real browser and measured to the sample.

Version 0 is a rising ramp and version 1 its negative, so that each output frame tells by its sign
which version sounds, and by its value which frame of it, and how loud.
"""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page

RATE = 48_000
FRAMES = 24_000
FADE_FRAMES = 240  # 5 ms, ITU-R BS.1534-3
ENGINES = ["createWorkletEngine", "createSourceEngine"]
RAMP = (1.0 + np.arange(FRAMES)) / FRAMES

RENDER = """
async ({make, changes, rate, frames, seconds}) => {
  const engines = await import("/static/engine.js");
  const context = new OfflineAudioContext(1, seconds * rate, rate);
  const buffers = [1, -1].map((sign) => {
    const buffer = new AudioBuffer({length: frames, numberOfChannels: 1, sampleRate: rate});
    buffer.getChannelData(0).forEach((_, k, data) => { data[k] = sign * (k + 1) / frames; });
    return buffer;
  });
  let heard = [0, 0];
  const engine = await engines[make](context, buffers, context.destination, (report) => {
    heard = report.heard;
  });
  for (const [at, action, value] of changes) {
    if (at === 0) engine[action](value);
    else context.suspend(at).then(async () => {
      engine[action](value);
      await new Promise((resolve) => setTimeout(resolve, 50)); // the message reaches the mixer
      context.resume();
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  const rendered = await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {samples: [...rendered.getChannelData(0)], heard};
}
"""


@pytest.fixture
def render(page: Page, served):
    """Renders `changes` (seconds, action, value); gives the output and the frames heard."""
    page.goto(served.url)

    def run(make: str, changes: list[tuple], seconds: float = 0.4):
        options = {"make": make, "changes": changes, "rate": RATE, "frames": FRAMES}
        rendered = page.evaluate(RENDER, {**options, "seconds": seconds})
        return np.array(rendered["samples"]), rendered["heard"]

    return run


def _envelope(samples: np.ndarray, start: int) -> np.ndarray:
    """Gain per output frame, if the position runs on from frame 0 at output frame `start`."""
    return np.abs(samples[start:]) / RAMP[: len(samples) - start]


def _start(samples: np.ndarray) -> int:
    """The output frame that plays frame 0 of a version (where its gain is still 0)."""
    return int(np.flatnonzero(samples)[0]) - 1


@pytest.mark.parametrize("make", ENGINES)
def test_a_switch_keeps_the_position_to_the_sample(make: str, render) -> None:
    samples, _ = render(make, [(0, "select", 0), (0.2, "select", 1)])
    start = _start(samples)
    envelope = _envelope(samples, start)
    before, after = slice(4_800, 9_000), slice(12_000, 16_000)
    assert (np.sign(samples[start:][before]) == 1).all()
    assert (np.sign(samples[start:][after]) == -1).all()
    np.testing.assert_allclose(envelope[before], 1.0, atol=1e-6)
    np.testing.assert_allclose(envelope[after], 1.0, atol=1e-6)


@pytest.mark.parametrize("make", ENGINES)
def test_a_switch_fades_out_then_in_over_5_ms_without_overlap(make: str, render) -> None:
    samples, _ = render(make, [(0, "select", 0), (0.2, "select", 1)])
    start = _start(samples)
    envelope = _envelope(samples, start)[4 * FADE_FRAMES :]
    faded = np.flatnonzero(envelope < 1 - 1e-5)
    first, last = faded[0] - 1, faded[-1] + 1
    silent = first + int(np.argmin(envelope[first:last]))
    assert abs((silent - first) - FADE_FRAMES) <= 1
    assert abs((last - silent) - FADE_FRAMES) <= 2
    assert envelope[silent] < 1e-6
    signs = np.sign(samples[start:][4 * FADE_FRAMES :])
    assert (signs[:silent] >= 0).all()
    assert (signs[silent + 1 :] <= 0).all()
    expected = 0.5 + 0.5 * np.cos(np.pi * np.arange(FADE_FRAMES + 1) / FADE_FRAMES)
    np.testing.assert_allclose(envelope[first : first + FADE_FRAMES + 1], expected, atol=0.01)


@pytest.mark.parametrize("make", ENGINES)
def test_no_change_clicks(make: str, render) -> None:
    changes = [(0, "select", 0), (0.1, "select", 1), (0.2, "jump", 6000), (0.3, "select", None)]
    samples, _ = render(make, changes)
    steepest_fade = np.pi / (2 * FADE_FRAMES)
    assert np.max(np.abs(np.diff(samples))) < 1.05 * steepest_fade


@pytest.mark.parametrize("make", ENGINES)
def test_silence_takes_less_than_20_ms(make: str, render) -> None:
    samples, _ = render(make, [(0, "select", 0), (0.2, "select", None)])
    last_sound = np.flatnonzero(samples)[-1] / RATE
    assert 0.2 <= last_sound < 0.22


@pytest.mark.parametrize("make", ENGINES)
def test_what_was_heard_is_counted_in_frames(make: str, render) -> None:
    changes = [(0, "select", 0), (0.1, "select", 1), (0.3, "select", None)]
    samples, heard = render(make, changes)
    assert heard[0] == pytest.approx(np.count_nonzero(samples > 0), abs=FADE_FRAMES)
    assert heard[1] == pytest.approx(np.count_nonzero(samples < 0), abs=FADE_FRAMES)


@pytest.mark.parametrize("make", ENGINES)
def test_a_version_loops_without_a_gap_or_ends_in_silence(make: str, render) -> None:
    looped, _ = render(make, [(0, "select", 0)], seconds=0.9)
    start = _start(looped)
    np.testing.assert_allclose(looped[start + FRAMES : start + FRAMES + 100], RAMP[:100], atol=1e-5)
    ended, _ = render(make, [(0, "loop", False), (0, "select", 0)], seconds=0.9)
    assert not ended[_start(ended) + FRAMES :].any()
