"""What all commands share: the terminal, and errors as one line with the right exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
from rich.console import Console

from .errors import EarwitnessError

P = ParamSpec("P")
R = TypeVar("R")

console = Console()
error_console = Console(stderr=True)


def reported_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a click command: add `--debug`, turn exceptions into one line and an exit code.

    An `EarwitnessError` exits with its `exit_code`; anything unexpected is a defect of ours, says
    so in one line and exits with 1. With `--debug` the trace is shown as well.
    """

    @click.option("--debug", is_flag=True, help="Show the trace of an error.")
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        debug = bool(kwargs.pop("debug", False))
        try:
            return function(*args, **kwargs)
        except EarwitnessError as error:
            _complain(f"error: {error}", debug)
            sys.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            hint = "" if debug else " (a defect: please report it with the output of --debug)"
            _complain(f"error: unexpected {type(error).__name__}: {error}{hint}", debug)
            sys.exit(1)

    return command


def _complain(message: str, debug: bool) -> None:
    if debug:
        error_console.print_exception()
    one_line = " ".join(message.split())
    error_console.print(one_line, style="red", markup=False, highlight=False, soft_wrap=True)
