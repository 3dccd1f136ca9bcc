"""The low anchor of MUSHRA tests: the reference without what lies above 3.5 kHz."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.lowpass import lowpass


class LowPass:
    """Filters the reference with linear phase and no delay (ITU-R BS.1534-3 §5.1)."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.pass_hz = float(str(parameters["pass_hz"]))
        self.stop_hz = float(str(parameters["stop_hz"]))

    def render(self, inputs: ItemInputs) -> Rendering:
        if inputs.reference is None:
            raise ValueError('lowpass needs the reference; its role must be "anchor"')
        signal = Signal(inputs.reference.audio, inputs.rate)
        return Rendering(lowpass(signal, pass_hz=self.pass_hz, stop_hz=self.stop_hz).samples)
