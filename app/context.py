"""What every request works with: the study that is served and its database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from .db import Database
from .settings import Settings
from .versions import ServedStudy

EXTENSION = "earwitness"


@dataclass(frozen=True)
class Context:
    """The parts that `create_app` put together."""

    settings: Settings
    database: Database
    served: ServedStudy


def attach(app: Flask, context: Context) -> None:
    """Give the application its context."""
    app.extensions[EXTENSION] = context


def current() -> Context:
    """The context of the running application."""
    return cast(Context, current_app.extensions[EXTENSION])
