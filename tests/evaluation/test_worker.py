"""Whatever a model does, it is a reason in one line, and the next item is unharmed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from earwitness.evaluation.adapters.interface import ItemInputs, ItemReference
from earwitness.evaluation.isolated import IsolatedSystem
from earwitness.evaluation.model_folder import load_model
from earwitness.stimuli.errors import ModelError

from .conftest import RATE, UNMIXED, Workplace, noise

MOODS = """
    import os, signal, sys, time
    import numpy as np
    from earwitness.evaluation import Rendering

    class System:
        def __init__(self, parameters):
            print("hello from the model")

        def render(self, inputs):
            mood = inputs.item
            if mood == "raises":
                raise ValueError("no such layer")
            if mood == "hangs":
                time.sleep(600)
            if mood == "exits":
                sys.exit(7)
            if mood == "dies":
                os._exit(9)
            if mood == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if mood == "text":
                return "audio"
            if mood == "integers":
                return Rendering(np.ones((1, 8), dtype=np.int16))
            return Rendering(sum(inputs.audio.values()).astype(np.float64))
"""

FITTED = """
    from earwitness.evaluation import Rendering

    class System:
        def __init__(self, parameters):
            self.seen = []

        def fit(self, examples):
            assert all(example.reference is not None for example in examples)
            self.seen += [example.item for example in examples]

        def render(self, inputs):
            raise RuntimeError(f"seen {self.seen} reference {inputs.reference}")
"""

Open = Callable[..., IsolatedSystem]


def inputs_of(item: str, group: str = "song") -> ItemInputs:
    audio = {"lead": noise(1), "backing": noise(2)}
    return ItemInputs(item, group, "mix", RATE, audio, {}, None)


def example_of(item: str) -> ItemInputs:
    audio = {"lead": noise(1), "backing": noise(2)}
    return ItemInputs(item, item, "mix", RATE, audio, {}, ItemReference(noise(1), audio))


@pytest.fixture
def open_system(workplace: Workplace) -> Iterator[Open]:
    opened: list[IsolatedSystem] = []

    def open_(code: str, more: str = "") -> IsolatedSystem:
        model = load_model(workplace.python("moody", code, more=more))
        others = [example_of("a"), example_of("b"), example_of("c")]
        system = IsolatedSystem(
            model,
            workplace.root / "moody.log",
            lambda inputs: [other for other in others if other.group != inputs.group],
        )
        opened.append(system)
        return system

    yield open_
    for system in opened:
        system.close()


@pytest.fixture
def log(workplace: Workplace) -> Path:
    return workplace.root / "moody.log"


def test_every_mood_is_a_reason_and_the_next_item_is_rendered(open_system: Open, log: Path) -> None:
    system = open_system(MOODS, "timeout_s = 3")
    reasons = {
        "raises": r"it raised ValueError: no such layer \(system\.py:\d+\)",
        "exits": r"it raised SystemExit: 7",
        "text": r"render returned str, not a Rendering",
        "integers": r"audio is not an array of floating-point samples \(int16 samples\)",
        "dies": r"its process ended with exit code 9",
        "killed": r"its process was killed \(SIGKILL\)",
        "hangs": r"no answer within 3 s \(timeout_s\)",
    }
    for mood, reason in reasons.items():
        with pytest.raises(ModelError, match=reason):
            system.render(inputs_of(mood))
        if mood in ("raises", "hangs"):
            rendering = system.render(inputs_of("good"))
            assert rendering.audio.dtype == np.float32
            np.testing.assert_array_equal(rendering.audio, noise(1) + noise(2))
    printed = log.read_text()
    assert "hello from the model" in printed
    assert "ValueError: no such layer" in printed


def test_a_process_that_a_model_forks_and_leaves_to_return_spoils_no_answer(
    open_system: Open,
) -> None:
    forks = UNMIXED.replace("    return Rendering", "    os.fork()\n            return Rendering")
    system = open_system("import os\n" + textwrap.dedent(forks))
    for _ in range(3):
        rendering = system.render(inputs_of("good"))
        np.testing.assert_array_equal(rendering.audio, noise(1) + noise(2))


def test_what_a_model_writes_into_our_pipe_is_a_reason(open_system: Open) -> None:
    scribbles = """
        import os, stat
        from earwitness.evaluation import Rendering

        class System:
            def __init__(self, parameters):
                pass

            def render(self, inputs):
                for number in range(3, 64):
                    try:
                        if stat.S_ISSOCK(os.fstat(number).st_mode):
                            os.write(number, b"\\0\\0\\0\\4none")
                    except OSError:
                        pass
                return Rendering(sum(inputs.audio.values()))
    """
    system = open_system(scribbles)
    with pytest.raises(ModelError, match="its answer cannot be read"):
        system.render(inputs_of("good"))


def test_a_model_that_cannot_be_loaded_fails_every_item_at_once(open_system: Open) -> None:
    system = open_system("raise OSError('no weights')")
    for item in ("one", "two"):
        started = time.perf_counter()
        with pytest.raises(ModelError, match="it raised OSError: no weights"):
            system.render(inputs_of(item))
    assert time.perf_counter() - started < 0.1  # the second was not tried again


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("class Other: pass", "has no class System"),
        ("class System:\n def __init__(self, p): pass", "System has no method render"),
        (UNMIXED, "model.toml sets fit, but System has no method fit"),
    ],
)
def test_a_class_that_breaks_the_contract_is_told(
    open_system: Open, code: str, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        open_system(code, 'fit = "leave-one-group-out"').render(inputs_of("one"))


def test_each_group_is_rendered_by_a_fresh_system_that_never_saw_it(open_system: Open) -> None:
    system = open_system(FITTED, 'fit = "leave-one-group-out"')
    with pytest.raises(ModelError, match=r"seen \['b', 'c'\] reference None"):
        system.render(inputs_of("a", "a"))
    with pytest.raises(ModelError, match=r"seen \['a', 'c'\] reference None"):
        system.render(inputs_of("b", "b"))


def test_modules_beside_the_entry_are_imported_from_source_only(
    open_system: Open, workplace: Workplace
) -> None:
    """A forged `.pyc` is outside the digest that trust rests on."""
    folder = workplace.models / "moody"
    system = open_system("import helper\nraise RuntimeError(helper.WHO)")
    helper = folder / "helper.py"
    helper.write_text("WHO = 'evil'")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-m", "compileall", "-q", str(folder)]
    subprocess.run(command, check=True, env=environment)
    stamp = helper.stat()
    helper.write_text("WHO = 'good'")
    os.utime(helper, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # the bytecode looks current
    with pytest.raises(ModelError, match="RuntimeError: good"):
        system.render(inputs_of("one"))


def test_a_worker_ends_when_its_parent_is_killed(workplace: Workplace) -> None:
    workplace.python("sleeper", "import time\ntime.sleep(600)")
    code = f"""
if __name__ == "__main__":
    from pathlib import Path
    from earwitness.evaluation.model_folder import load_model
    from earwitness.evaluation.worker import Worker
    root = Path({str(workplace.root)!r})
    worker = Worker(load_model(root / "models" / "sleeper"), root / "log", 1)
    print(worker._process.pid, flush=True)
    worker.load()
"""
    script = workplace.root / "parent.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline and _is_running(child):
        time.sleep(0.05)
    assert not _is_running(child)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
