"""Model code in a process of its own: it may raise, hang, exit or be killed without harm.

The parent asks (`load`, `fit`, `render`) through a pipe and waits at most `timeout_s`; the child
answers with a result or a reason. What the model prints, and the traces of what it raises, go to a
log file.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from earwitness.stimuli.errors import EarwitnessError, ModelError

from .adapters import adapter_of
from .adapters.interface import ItemInputs, Rendering
from .model_folder import ModelFolder
from .processes import end_with_parent

START_TIMEOUT_S = 120.0  # Python and numpy, on a loaded machine; the model's own time comes after
MAX_REASON_CHARACTERS = 300

Step = Literal["load", "fit", "render"]


@dataclass(frozen=True)
class Reply:
    """An answer of the child: a value, or why there is none."""

    value: Any = None
    reason: str = ""


class WorkerLostError(ModelError):
    """The worker process hung or died; a new one is needed for the next item."""


class Worker:
    """One spawned process that holds one system."""

    def __init__(self, model: ModelFolder, log: Path, threads: int) -> None:
        """Start the process (no code of the model runs yet).

        Args:
            model: the model folder.
            log: where its output is appended.
            threads: that its code should use for one operation.

        Raises:
            WorkerLostError: the process does not come up.
        """
        context = multiprocessing.get_context("spawn")
        self._timeout_s = model.file.timeout_s
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, model, log, threads), name=f"model {model.name}"
        )
        self._process.start()
        theirs.close()
        try:
            self._receive(START_TIMEOUT_S)
        except ModelError:
            self.close()
            raise

    def load(self) -> None:
        """Make the system anew: nothing of an earlier `fit` stays.

        Raises:
            ModelError: its code raises, hangs or ends the process.
        """
        self._ask("load", None)

    def fit(self, examples: Sequence[ItemInputs]) -> None:
        """Hand the system the items to learn from, with their references.

        Raises:
            ModelError: as `load`.
        """
        self._ask("fit", list(examples))

    def render(self, inputs: ItemInputs) -> Rendering:
        """Render one item.

        Raises:
            ModelError: as `load`; or it returns something else than a `Rendering`.
        """
        rendering = self._ask("render", inputs)
        assert isinstance(rendering, Rendering)
        return rendering

    def close(self) -> None:
        """End the process and what it started, at once."""
        self.kill()
        self._process.join()
        self._connection.close()

    def kill(self) -> None:
        """The same from another thread: the one that waits for an answer learns of it."""
        assert self._process.pid is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _ask(self, step: Step, payload: object) -> Any:
        try:
            self._connection.send((step, payload))
        except (BrokenPipeError, ConnectionResetError):
            raise self._lost() from None
        return self._receive(self._timeout_s)

    def _receive(self, timeout_s: float) -> Any:
        try:
            if not self._connection.poll(timeout_s):
                raise WorkerLostError(f"no answer within {timeout_s:g} s (timeout_s)")
            reply: Reply = self._connection.recv()
        except (EOFError, ConnectionResetError):
            raise self._lost() from None
        except WorkerLostError:
            raise
        except Exception as error:  # the model, or what it started, wrote into the pipe
            text = f"{type(error).__name__}: {error}"
            raise WorkerLostError(f"its answer cannot be read ({text})") from error
        if reply.reason:
            raise ModelError(reply.reason)
        return reply.value

    def _lost(self) -> WorkerLostError:
        self._process.join(timeout=10.0)
        code = self._process.exitcode
        if code is not None and code < 0:
            return WorkerLostError(f"its process was killed ({signal.Signals(-code).name})")
        return WorkerLostError(f"its process ended with exit code {code}")


def _serve(connection: Connection, model: ModelFolder, log: Path, threads: int) -> None:
    """The child: answer requests until the parent closes the pipe."""
    os.setsid()  # so that `close` also ends what the model started
    end_with_parent()
    _log_to(log)
    _limit_threads(threads)
    connection.send(Reply())
    own = os.getpid()
    system: Any = None
    while True:
        try:
            step, payload = connection.recv()
        except EOFError:
            return
        try:
            if step == "load":
                system = adapter_of(model).load(model)
                reply = Reply()
            else:
                reply = Reply(_call(system, step, payload))
        except BaseException as error:  # `sys.exit()` in a model is a failure like any other
            traceback.print_exc()
            reply = Reply(reason=_reason(error))
        if os.getpid() != own:
            os._exit(0)  # a process that the model forked came back: the answer is not its to give
        sys.stderr.flush()
        sys.stdout.flush()
        connection.send(reply)


def _log_to(log: Path) -> None:
    """Send everything that is printed, also by C code, to the log file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)


def _limit_threads(threads: int) -> None:
    """What is loaded already, and through the environment what the model will load or start."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    threadpool_limits(threads)


def _call(system: Any, step: Step, payload: Any) -> Rendering | None:
    if step == "fit":
        system.fit(payload)
        return None
    result = system.render(payload)
    if not isinstance(result, Rendering):
        raise ModelError(f"render returned {type(result).__name__}, not a Rendering")
    stems = {str(name): _samples(f"stem {name}", stem) for name, stem in result.stems.items()}
    return Rendering(_samples("audio", result.audio), stems)


def _samples(what: str, value: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Plain float32 samples of whatever array the model returned."""
    try:
        samples = np.ascontiguousarray(value)
        if not np.issubdtype(samples.dtype, np.floating):
            raise TypeError(f"{samples.dtype} samples")
        return samples.astype(np.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{what} is not an array of floating-point samples ({error})") from error


def _reason(error: BaseException) -> str:
    """The exception in one line, with the place in the model's code."""
    if isinstance(error, EarwitnessError):
        return " ".join(str(error).split())[:MAX_REASON_CHARACTERS]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON_CHARACTERS]
    return f"it raised {text}{place}"
