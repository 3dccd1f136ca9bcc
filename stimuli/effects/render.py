"""Audio through an effect, by pedalboard's built-in plug-ins (deterministic to the last bit)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..audio import Samples
from ..errors import StimulusError
from .table import Effect

LOW_SHELF_HZ, PEAK_HZ, HIGH_SHELF_HZ = 200.0, 1_000.0, 3_500.0
Values = Mapping[str, float]


def apply_effect(
    samples: Samples, rate: int, effect: Effect, settings: Mapping[str, float]
) -> Samples:
    """`channel × frame` through the effect; as long as the input, so that a tail is cut.

    Raises:
        ConfigError: the settings are not the effect's.
        StimulusError: pedalboard is not installed.
    """
    board = _pedalboard()
    plugins = PLUGINS[effect.name](board, effect.values(settings))
    processed: Samples = board.Pedalboard(plugins)(samples, rate, reset=True)
    return processed


def _pedalboard() -> Any:
    try:
        import pedalboard
    except ImportError as error:
        raise StimulusError("effects need pedalboard: pip install 'earwitness[effects]'") from error
    return pedalboard


def _equaliser(board: Any, values: Values) -> list[Any]:
    return [
        board.LowShelfFilter(cutoff_frequency_hz=LOW_SHELF_HZ, gain_db=values["low_shelf_db"]),
        board.PeakFilter(
            cutoff_frequency_hz=values.get("peak_hz", PEAK_HZ), gain_db=values["peak_db"], q=1.0
        ),
        board.HighShelfFilter(cutoff_frequency_hz=HIGH_SHELF_HZ, gain_db=values["high_shelf_db"]),
    ]


def _compressor(board: Any, values: Values) -> list[Any]:
    return [
        board.Compressor(
            threshold_db=values["threshold_db"], ratio=values["ratio"], attack_ms=5, release_ms=100
        ),
        *_equaliser(board, {**values, "peak_db": 0.0}),
    ]


def _distortion(board: Any, values: Values) -> list[Any]:
    return [board.Distortion(drive_db=values["drive_db"])]


def _delay(board: Any, values: Values) -> list[Any]:
    return [board.Delay(delay_seconds=values["delay_s"], feedback=values["feedback"], mix=0.5)]


def _chorus(board: Any, values: Values) -> list[Any]:
    return [
        board.Chorus(
            rate_hz=1.0, depth=values["depth"], centre_delay_ms=values["centre_delay_ms"], mix=0.5
        )
    ]


def _reverb(board: Any, values: Values) -> list[Any]:
    wet = values["wet"]
    return [board.Reverb(room_size=values["room_size"], wet_level=wet, dry_level=1.0 - wet)]


def _channel_strip(board: Any, values: Values) -> list[Any]:
    return [
        *_equaliser(board, values),
        board.Compressor(
            threshold_db=values["threshold_db"], ratio=values["ratio"], attack_ms=5, release_ms=100
        ),
        board.Distortion(drive_db=values["drive_db"]),
        *_reverb(board, values),
    ]


PLUGINS: dict[str, Callable[[Any, Values], list[Any]]] = {
    "equaliser": _equaliser,
    "compressor": _compressor,
    "distortion": _distortion,
    "delay": _delay,
    "chorus": _chorus,
    "reverb": _reverb,
    "channel-strip": _channel_strip,
}
