"""The loop that a researcher writes today: one clip at a time, each metric by its usual library.

pyloudnorm (filter "DeMan", which is BS.1770's), scipy's `resample_poly` for the true peak, pystoi,
pesq, auraloss with its defaults, librosa. `--pool` deals the clips to one single-threaded process a
core. What a sensible script would share it shares: each file is read once a pair, loudness is
measured once a side and serves the level matching too.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.metadata
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .contender import Answer, Pair, serve

LIBRARIES = ("pyloudnorm", "scipy", "pystoi", "pesq", "auraloss", "librosa", "torch", "numpy")


class Clip:
    """One pair, and what its metrics share."""

    def __init__(self, pair: Pair) -> None:
        import soundfile

        self.reference, self.rate = soundfile.read(pair["reference"], always_2d=True)
        self.estimate, _ = soundfile.read(pair["estimate"], always_2d=True)

    @functools.cached_property
    def loudness(self) -> tuple[float, float]:
        """LUFS of (estimate, reference)."""
        meter = self.meter
        return (
            float(meter.integrated_loudness(self.estimate)),
            float(meter.integrated_loudness(self.reference)),
        )

    @functools.cached_property
    def meter(self) -> Any:
        import pyloudnorm

        return pyloudnorm.Meter(self.rate, filter_class="DeMan")

    @functools.cached_property
    def matched(self) -> Any:
        """The estimate at the reference's loudness."""
        estimate, reference = self.loudness
        return self.estimate * 10.0 ** ((reference - estimate) / 20.0)


def loudness_error_lu(clip: Clip) -> float:
    estimate, reference = clip.loudness
    return abs(estimate - reference)


def lra_error_lu(clip: Clip) -> float:
    ranges = [clip.meter.loudness_range(side) for side in (clip.estimate, clip.reference)]
    return abs(float(ranges[0] - ranges[1]))


def true_peak_error_db(clip: Clip) -> float:
    import numpy as np
    from scipy.signal import resample_poly

    peaks = [np.abs(resample_poly(x, 4, 1, axis=0)).max() for x in (clip.estimate, clip.reference)]
    return abs(20.0 * float(np.log10(peaks[0] / peaks[1])))


def mrstft(clip: Clip) -> float:
    import torch

    sides = [torch.from_numpy(x.T).float()[None] for x in (clip.matched, clip.reference)]
    with torch.no_grad():
        return float(_auraloss()(*sides))


@functools.cache
def _auraloss() -> Callable[..., Any]:
    from auraloss.freq import MultiResolutionSTFTLoss

    loss: Callable[..., Any] = MultiResolutionSTFTLoss()
    return loss


def mel_distance_db(clip: Clip) -> float:
    """Mean |ΔL| in 64 mel bands from 50 Hz to 8 kHz, 40 ms every 10 ms, range 80 dB."""
    import numpy as np

    estimate, reference = (_mel(side.mean(1), clip.rate) for side in (clip.matched, clip.reference))
    floor = reference.max() * 1e-8
    levels = [10.0 * np.log10(np.maximum(side, floor)) for side in (estimate, reference)]
    return float(np.abs(levels[0] - levels[1]).mean())


def _mel(samples: Any, rate: int) -> Any:
    import librosa
    import numpy as np

    return librosa.feature.melspectrogram(
        y=samples.astype(np.float32),
        sr=rate,
        n_fft=round(0.04 * rate),
        hop_length=round(0.01 * rate),
        center=False,
        n_mels=64,
        fmin=50.0,
        fmax=8000.0,
        htk=True,
        norm=None,
    )


def fxnorm_spectral_mape_percent(clip: Clip) -> float:
    """FxNorm-automix's spectral features by librosa: 4096 / 1024, running means of 40 frames."""
    import numpy as np

    sides = [x / np.abs(x).max() * 10.0 ** (-1.0 / 20.0) for x in (clip.estimate, clip.reference)]
    errors: dict[str, list[float]] = {}
    for channel in range(clip.reference.shape[1]):
        tracks = [_spectral_features(side[:, channel], clip.rate) for side in sides]
        for name in tracks[0]:
            estimate, reference = (_running_means(track[name]) for track in tracks)
            mape = 100.0 * np.mean(np.abs(estimate - reference) / np.abs(reference))
            errors.setdefault(name, []).append(float(mape))
    means = {name: float(np.mean(values)) for name, values in errors.items()}
    contrast = np.mean([means.pop(f"contrast_{band}") for band in ("low", "mid", "high")])
    return float(np.mean([contrast, *means.values()]))


def _running_means(values: Any) -> Any:
    import numpy as np

    return np.convolve(values, np.full(40, 1 / 40), mode="valid")


def _spectral_features(samples: Any, rate: int) -> dict[str, Any]:
    import librosa
    import numpy as np

    window = np.sqrt(np.hanning(4097)[:-1])
    signal = samples.astype(np.float32)
    stft = librosa.stft(signal, n_fft=4096, hop_length=1024, center=False, window=window)
    spectrum, features = np.abs(stft), librosa.feature
    contrast = features.spectral_contrast(S=spectrum, sr=rate, fmin=250.0, n_bands=4)
    return {
        "centroid": 1.0 + features.spectral_centroid(S=spectrum, sr=rate)[0],
        "bandwidth": 1.0 + features.spectral_bandwidth(S=spectrum, sr=rate)[0],
        "rolloff": 1.0 + features.spectral_rolloff(S=spectrum, sr=rate)[0],
        "flatness": 1.0 - 20.0 * np.log10(features.spectral_flatness(S=spectrum)[0]),
        "contrast_low": contrast[0],
        "contrast_mid": contrast[1:-1].mean(0),
        "contrast_high": contrast[-1],
    }


def stoi(clip: Clip) -> float:
    return _pystoi(clip, extended=False)


def estoi(clip: Clip) -> float:
    return _pystoi(clip, extended=True)


def _pystoi(clip: Clip, *, extended: bool) -> float:
    import pystoi

    sides = clip.reference[:, 0], clip.estimate[:, 0]
    return float(pystoi.stoi(*sides, clip.rate, extended=extended))


def pesq_wb(clip: Clip) -> float:
    import pesq

    return float(pesq.pesq(clip.rate, clip.reference[:, 0], clip.estimate[:, 0], "wb"))


METRICS: dict[str, Callable[[Clip], float]] = {
    function.__name__: function
    for function in (
        loudness_error_lu,
        lra_error_lu,
        true_peak_error_db,
        mrstft,
        mel_distance_db,
        fxnorm_spectral_mape_percent,
        stoi,
        estoi,
        pesq_wb,
    )
}


Seconds = dict[str, tuple[float, float]]


def score_clip(pair: Pair, metrics: Sequence[str]) -> tuple[dict[str, float], Seconds]:
    """(values, (wall, CPU) seconds) of each metric of a pair; `read` is the time of reading."""
    started = _clocks()
    clip = Clip(pair)
    seconds, values = {"read": _since(started)}, {}
    for metric in metrics:
        started = _clocks()
        values[metric] = METRICS[metric](clip)
        seconds[metric] = _since(started)
    return values, seconds


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _clocks()
    return wall - started[0], cpu - started[1]


def score(pairs: Sequence[Pair], metrics: Sequence[str]) -> Answer:
    """In this process, one pair after the other."""
    scored = [score_clip(pair, metrics) for pair in pairs]
    parts = {
        name: (sum(one[name][0] for _, one in scored), sum(one[name][1] for _, one in scored))
        for name in ("read", *metrics)
    }
    return [values for values, _ in scored], parts


def _single_threaded() -> None:
    import torch

    torch.set_num_threads(1)


@contextlib.contextmanager
def _pool() -> Iterator[Callable[[Sequence[Pair], Sequence[str]], Answer]]:
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), initializer=_single_threaded) as workers:

        def score(pairs: Sequence[Pair], metrics: Sequence[str]) -> Answer:
            work = functools.partial(score_clip, metrics=metrics)
            return [values for values, _ in workers.map(work, pairs, chunksize=1)], {}

        yield score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pool", action="store_true")
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    if parser.parse_args().pool:
        with _pool() as score_in_pool:
            serve(score_in_pool, versions)
    else:
        serve(score, versions)


if __name__ == "__main__":
    main()
