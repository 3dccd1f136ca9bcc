"""The true effect with the true settings: the reference of a style pair is made just so."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering


class OracleParams:
    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        if inputs.reference is None:
            raise ValueError("oracle-params needs the reference: its role must be reference")
        return Rendering(inputs.reference.audio)
