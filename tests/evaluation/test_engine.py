"""The engine of one machine: models beside each other, whatever they do; nothing is left behind."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console
from rich.text import Text

from earwitness.evaluation import score
from earwitness.evaluation.engine import choose_device
from earwitness.evaluation.engine.local import default_renderers
from earwitness.evaluation.metrics import Metric, registry
from earwitness.evaluation.metrics.batch import View
from earwitness.evaluation.run import evaluate
from earwitness.evaluation.terminal import TerminalProgress
from earwitness.evaluation.user_metric import load_metric

from .conftest import FRAMES, ITEMS, UNMIXED, Workplace, noise
from .test_cli import EVALUATE
from .test_evaluate import Recorder

# Renders only while the other one renders too.
MEETS = UNMIXED.replace(
    "return",
    "import pathlib, time\n"
    "            here = pathlib.Path(__file__).parent\n"
    "            (here.parent / f'{here.name}.mark').touch()\n"
    "            until = time.monotonic() + 60\n"
    "            while len([*here.parent.glob('*.mark')]) < 2:\n"
    "                assert time.monotonic() < until, 'alone'\n"
    "                time.sleep(0.02)\n"
    "            return",
    1,
)
HANGS = UNMIXED.replace(
    "return",
    "import os, pathlib, time\n"
    "            pathlib.Path(__file__).with_name('pid.pyc').write_text(str(os.getpid()))\n"
    "            time.sleep(600)\n"
    "            return",
    1,
)
QUICK = ("mrstft", "si_sdr_db")


def test_models_render_beside_each_other(small: Workplace) -> None:
    small.python("one", MEETS)
    small.python("other", MEETS)
    recorder = Recorder()
    run = evaluate(
        small.models, out=small.run, only=QUICK, trust=True, progress=recorder, workers=2
    )
    assert run.failed == 0
    assert sorted(recorder.rendered_pairs) == [
        (system, item) for system in ("cnn", "one", "other", "unmixed") for item in ITEMS
    ]


def test_an_interrupt_ends_the_command_and_what_it_started(small: Workplace) -> None:
    """Ctrl-C while a model computes and would go on for five minutes."""
    pid = small.python("hangs", HANGS) / "pid.pyc"
    arguments = [EVALUATE, small.models, "--trust", "--out", small.run, "--only", "mrstft"]
    with subprocess.Popen(
        arguments,
        stderr=subprocess.PIPE,
        text=True,
        # A job in the background inherits that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        for _ in range(600):
            if pid.exists() and pid.read_text():
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        try:
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "Traceback" not in told
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


class Bomb:
    """A pickle that runs code when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def checkpoint(workplace: Workplace, name: str, content: bytes) -> None:
    folder = workplace.python(name, "class System:\n    pass\n")
    text = (folder / "model.toml").read_text().replace('"python"', '"state_dict"')
    (folder / "model.toml").write_text(f'{text}\npath = "last.ckpt"\n')
    (folder / "last.ckpt").write_bytes(content)


def test_a_folder_of_broken_models_is_rows_with_reasons_and_the_good_ones_are_scored(
    small: Workplace,
) -> None:
    small.rendered("silent", {item: np.zeros((1, FRAMES), np.float32) for item in ITEMS})
    small.rendered("corrupt", {item: noise(3) for item in ITEMS[1:]})
    (small.models / "corrupt" / "audio" / f"{ITEMS[0]}.wav").write_bytes(
        b"RIFF\xff\xff\xff\xffWAVE"
    )
    small.python("sleeps", HANGS, more="timeout_s = 1")
    checkpoint(small, "empty", b"")
    checkpoint(small, "bomb", pickle.dumps(Bomb(small.root / "exploded")))
    arguments = ("models", "--trust", "--out", "run", "--only", ",".join(QUICK))
    told = subprocess.run(
        [EVALUATE, *arguments], capture_output=True, text=True, check=False, cwd=small.root
    )
    assert told.returncode == 3, told.stderr
    assert not (small.root / "exploded").exists()
    for line in (
        "silent: 6 row(s): the audio is silent",
        f"{ITEMS[0]}.wav: unreadable or not an audio file",
        "sleeps: 6 row(s): no answer within 1 s (timeout_s)",
        "empty: 6 row(s): ",
        "last.ckpt: is empty (0 bytes)",
        "bomb: 6 row(s): ",
        "refused: it holds more than tensors",
    ):
        assert line in told.stdout, line
    scores = pd.read_csv(small.run / "scores.csv")
    good = scores[scores["status"] == "ok"].groupby("system").size().to_dict()
    assert good == {"cnn": 6, "unmixed": 6, "corrupt": 4}
    assert len(scores) == 7 * len(ITEMS) * len(QUICK)


def test_a_terminal_sees_each_model_with_what_it_has_left() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, height=30)
    with TerminalProgress(console) as progress:
        progress.begin("render", 4)
        progress.share("render", {"cnn": 3, "rnn": 1})
        progress.rendered("cnn", "song-a", "", 2.0)
        progress.rendered("rnn", "song-a", "it hangs", 9.0)
        time.sleep(0.3)  # the screen is drawn ten times a second
    lines = [line.split() for line in Text.from_ansi(screen.getvalue()).plain.splitlines()]
    assert ["cnn", "1/3", "4", "s"] in lines
    assert ["rnn", "1/1", "1"] in lines
    assert "rnn, song-a: it hangs" in screen.getvalue()


def test_tf32_is_off_and_one_gpu_is_not_shared_by_models() -> None:
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    choose_device()
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert default_renderers("cuda", 16) == 1
    assert (default_renderers("cpu", 2), default_renderers("cpu", 64)) == (2, 4)


# Ends in a worker process once the file beside it is there.
WAITS = """
import pathlib, time
from earwitness.evaluation.metrics import Facts, register

@register(Facts(
    id="waits", title="Waits", unit="", low=0.0, high=None, direction="higher", level="as_is",
    channels="mono", resource="process", citation="none", version="1", description="Waits.",
))
def waits(*, estimate, reference, rate):
    until = time.monotonic() + 60
    while not pathlib.Path(__file__).with_name("second").exists():
        if time.monotonic() > until:
            raise RuntimeError("the device did not go on")
        time.sleep(0.02)
    return 1.0
"""


def test_the_device_takes_the_next_batch_while_the_pool_is_at_the_last_one(
    small: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool's metric of the first batch ends only once the device has begun the second."""
    monkeypatch.setattr(sys, "path", [*sys.path])  # `load_metric` adds the folder
    monkeypatch.setattr(registry, "_metrics", dict(registry._metrics))  # and the metric
    monkeypatch.setattr(score, "BATCH_SAMPLES", 2 * FRAMES)
    (small.root / "waits.py").write_text(WAITS)
    pooled = load_metric(f"{small.root / 'waits.py'}:waits")
    seen = 0

    def marks(view: View) -> torch.Tensor:
        nonlocal seen
        seen += 1
        if seen == 3:  # a song has two renderings, one with stems and one without
            (small.root / "second").touch()
        return view.estimate.abs().amax((1, 2))

    on_device = Metric(replace(pooled.facts, id="marks", resource="torch"), marks)
    run = evaluate(
        small.models,
        out=small.run,
        only=["si_sdr_db"],
        extra_metrics=[pooled, on_device],
        trust=True,
    )
    assert run.failed == 0
    assert seen == 6
    assert set(run.scores[run.scores["metric"] == "waits"]["value"]) == {1.0}
