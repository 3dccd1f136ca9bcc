"""What all records of `report.json` have in common."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _finite_or_none(value: object) -> object:
    return None if value is None or not math.isfinite(float(str(value))) else float(str(value))


Number = Annotated[float | None, BeforeValidator(_finite_or_none)]


class Record(BaseModel):
    """A row of the report; never changed once made."""

    model_config = ConfigDict(frozen=True, extra="forbid")
