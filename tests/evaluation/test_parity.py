"""Metrics on the device that is here against the CPU; where there is no GPU, that is told."""

from __future__ import annotations

import dataclasses
import io

import torch
from click.testing import CliRunner
from rich.console import Console

from earwitness.evaluation.cli import metrics_command
from earwitness.evaluation.engine import choose_device
from earwitness.evaluation.metrics import Metric, all_metrics
from earwitness.evaluation.metrics.batch import View
from earwitness.evaluation.parity import TOLERANCE, parity
from earwitness.evaluation.parity_command import parity_table

from .conftest import FEW


def test_metrics_agree_between_the_cpu_and_the_device_that_is_here() -> None:
    known = all_metrics()
    found = parity([known[name] for name in FEW], choose_device())
    assert [one.metric for one in found] == [name for name in FEW if name != "pesq_wb"]
    assert all(one.is_kept and one.values for one in found)


def test_a_metric_that_depends_on_its_device_is_told() -> None:
    calls: list[int] = []

    def compute(view: View) -> torch.Tensor:
        calls.append(1)  # stands for another device: the second call of each pair differs
        return view.lengths.double() + 2 * TOLERANCE * view.lengths * (len(calls) % 2)

    facts = dataclasses.replace(all_metrics()["si_sdr_db"].facts, id="drifts", resource="torch")
    [found] = parity([Metric(facts, compute)], "cpu")
    assert not found.is_kept
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(parity_table([found], "cuda"))
    assert "differs" in console.export_text()


def test_without_a_gpu_the_command_says_that_nothing_was_tested_there() -> None:
    told = CliRunner().invoke(metrics_command, ["--parity", "--json"])
    assert told.exit_code == 0
    assert ("untested on CUDA" in told.output) != torch.cuda.is_available()
