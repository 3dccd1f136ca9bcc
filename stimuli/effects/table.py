"""The effects, their parameters and ranges: what a setting between 0 and 1 means.

pedalboard's built-in effects state no ranges of their own. The ones here keep every setting audible
and none absurd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import ConfigError


@dataclass(frozen=True)
class Parameter:
    """One setting: 0 is `low`, 1 is `high`, between them linear or by equal ratios (`log`)."""

    name: str
    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    def value(self, setting: float) -> float:
        """The value of a setting between 0 and 1, in the parameter's unit."""
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** setting)
        return float(self.low + (self.high - self.low) * setting)


@dataclass(frozen=True)
class Effect:
    """A chain of plug-ins with named parameters; see `render.PLUGINS` for how it is built."""

    name: str
    parameters: tuple[Parameter, ...]

    def values(self, settings: Mapping[str, float]) -> dict[str, float]:
        """The value of each parameter.

        Raises:
            ConfigError: a setting is missing, unknown or not between 0 and 1.
        """
        names = {parameter.name for parameter in self.parameters}
        if set(settings) != names:
            raise ConfigError(
                f"effect {self.name}: settings are {sorted(names)}, not {sorted(settings)}"
            )
        wrong = {name: s for name, s in settings.items() if not 0.0 <= s <= 1.0}
        if wrong:
            raise ConfigError(f"effect {self.name}: settings lie between 0 and 1, not {wrong}")
        return {p.name: p.value(settings[p.name]) for p in self.parameters}


EFFECTS: dict[str, Effect] = {
    effect.name: effect
    for effect in (
        Effect(
            "equaliser",
            (
                Parameter("low_shelf_db", -10.0, 10.0),
                Parameter("peak_db", -10.0, 10.0),
                Parameter("peak_hz", 300.0, 3_000.0, "log"),
                Parameter("high_shelf_db", -10.0, 10.0),
            ),
        ),
        Effect(
            "compressor",
            (
                Parameter("threshold_db", -30.0, -11.0),
                Parameter("ratio", 3.0, 24.0, "log"),
                Parameter("low_shelf_db", -10.0, 10.0),
                Parameter("high_shelf_db", -5.0, 5.0),
            ),
        ),
        Effect("distortion", (Parameter("drive_db", 20.0, 39.0),)),
        Effect("delay", (Parameter("delay_s", 0.1, 0.9), Parameter("feedback", 0.2, 0.7))),
        Effect("chorus", (Parameter("depth", 0.2, 0.7), Parameter("centre_delay_ms", 2.0, 7.0))),
        Effect("reverb", (Parameter("room_size", 0.2, 0.9), Parameter("wet", 0.2, 0.7))),
        Effect(
            "channel-strip",
            (
                Parameter("low_shelf_db", -10.0, 10.0),
                Parameter("peak_db", -10.0, 10.0),
                Parameter("high_shelf_db", -10.0, 10.0),
                Parameter("threshold_db", -40.0, 0.0),
                Parameter("ratio", 1.0, 24.0, "log"),
                Parameter("drive_db", 0.0, 39.0),
                Parameter("wet", 0.0, 0.7),
                Parameter("room_size", 0.2, 0.9),
            ),
        ),
    )
}


def effect(name: str) -> Effect:
    """The effect of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in EFFECTS:
        raise ConfigError(f"no effect {name!r}; there are {', '.join(EFFECTS)}")
    return EFFECTS[name]
