"""Parts of a run on different hosts, and the plan before it starts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evaluation.cli import evaluate_command
from earwitness.evaluation.forecast import forecast
from earwitness.evaluation.plan import Shard
from earwitness.evaluation.run import evaluate, evaluate_shard, prepare
from earwitness.evaluation.store import Store
from earwitness.stimuli.errors import DataError

from .conftest import FEW, ITEMS, UNMIXED, Workplace
from .test_cli import command
from .test_evaluate import Recorder

FITTED = UNMIXED + "\n        def fit(self, examples):\n            pass\n"
FRAGILE = UNMIXED.replace(
    "return", "assert inputs.item != 'song-b', 'no song b'\n            return", 1
)


@pytest.fixture
def mixed(small: Workplace) -> Workplace:
    """Adds a system that is fitted and one that fails on an item."""
    small.python("fitted", FITTED, more='fit = "leave-one-group-out"')
    small.python("fragile", FRAGILE)
    return small


def test_shards_divide_the_jobs_and_merge_into_the_same_tables(mixed: Workplace) -> None:
    whole = mixed.evaluate()
    folder = mixed.root / "sharded"
    rendered: list[tuple[str, str]] = []
    for number in (2, 1):
        recorder = Recorder()
        shard = Shard(number, 2)
        part = evaluate_shard(
            shard, mixed.models, out=folder, only=FEW, trust=True, progress=recorder
        )
        assert part.renderings == len(recorder.rendered_pairs) > 0
        rendered += recorder.rendered_pairs
    assert len(rendered) == len(set(rendered)) == 4 * len(ITEMS)
    assert not (folder / "manifest.json").exists()

    recorder = Recorder()
    merged = evaluate(mixed.models, out=folder, only=FEW, trust=True, progress=recorder)
    assert recorder.left["render"] == recorder.left["score"] == 0  # failures are remembered too
    exact = ["system", "item", "metric", "status", "reason"]
    pd.testing.assert_frame_equal(merged.scores[exact], whole.scores[exact])
    assert merged.failed == whole.failed > 0
    assert differing(merged.scores, whole.scores) == {}


def differing(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Metrics whose values differ by more than 1e-6 (a percentage: of its ratio)."""
    per_unit = one["unit"].map(lambda unit: 0.01 if unit == "%" else 1.0)
    gap = (one["value"] - other["value"]).abs().astype(float) * per_unit
    far = gap > 1e-6
    return dict(zip(one["metric"][far], gap[far], strict=True))


def test_a_later_success_outlives_the_failure_of_a_shard(tmp_path: Path) -> None:
    with Store(tmp_path, "shard-1-of-1") as store:
        store.put({"a": {"reason": "no memory"}})
    with Store(tmp_path) as store:
        store.put({"a": {"reason": ""}})
    with Store(tmp_path) as store:
        assert store.get("a") == {"reason": ""}


def test_two_shards_write_at_once_and_a_whole_run_waits_for_them(tmp_path: Path) -> None:
    with Store(tmp_path, "shard-1-of-2") as one, Store(tmp_path, "shard-2-of-2") as two:
        assert one.attempt == two.attempt
        one.put({"a": {"value": 1}})
        two.put({"b": {"value": 2}})
        with pytest.raises(DataError, match="another evaluate is writing"):
            Store(tmp_path)
        with pytest.raises(DataError, match="another evaluate is writing"):
            Store(tmp_path, "shard-1-of-2")
    with Store(tmp_path) as merged:
        assert merged.get("a") == {"value": 1}
        assert merged.get("b") == {"value": 2}
        with pytest.raises(DataError, match="another evaluate is writing"):
            Store(tmp_path, "shard-1-of-2")


@settings(deadline=None, max_examples=25, derandomize=True)
@given(of=st.integers(1, 9))
def test_each_job_is_in_exactly_one_shard(of: int, jobs_of_mixed: list[object]) -> None:
    parts = [Shard(number, of).own(jobs_of_mixed) for number in range(1, of + 1)]  # type: ignore[arg-type]
    assert sorted(id(job) for part in parts for job in part) == sorted(map(id, jobs_of_mixed))


@pytest.fixture(scope="module")
def jobs_of_mixed(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    workplace = Workplace(tmp_path_factory.mktemp("jobs"))
    workplace.dataset()
    workplace.python("plain", UNMIXED)
    workplace.python("fitted", FITTED, more='fit = "leave-one-group-out"')
    evaluation = prepare(workplace.models, None, workplace.run, FEW, (), True, None)
    with Store(workplace.run) as store:
        return list(evaluation.jobs(store)[1])


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_tells_what_is_left_and_changes_nothing(mixed: Workplace) -> None:
    before = forecast(prepare(mixed.models, None, mixed.run, FEW, (), True, None))
    assert not mixed.run.exists()
    assert [one.renderings for one in before.systems] == [3, 3, 3, 3]
    assert before.untimed == ["fitted", "fragile", "unmixed"]
    assert before.scoring_s > 0
    mixed.evaluate()
    mixed.python("fitted", FITTED + "# new\n", more='fit = "leave-one-group-out"')
    stored = files(mixed.run)
    after = forecast(prepare(mixed.models, None, mixed.run, FEW, (), True, None))
    assert files(mixed.run) == stored
    assert {one.system: one.renderings for one in after.systems} == {
        "cnn": 0,
        "fitted": 3,
        "fragile": 1,  # what failed is tried again by a new run
        "unmixed": 0,
    }
    scores = {one.system: one.scores for one in after.systems}
    assert scores["fitted"] > scores["fragile"] > scores["unmixed"]
    assert after.untimed == []
    assert after.rendering_s > 0


def test_the_command_forecasts_and_computes_parts(mixed: Workplace) -> None:
    told = command(mixed, "models", "--dry-run", "--trust")
    assert told.returncode == 0, told.stderr
    assert "4 systems, 3 items" in told.stdout
    assert "about" in told.stdout
    told = command(mixed, "models", "--shard", "2/12", "--trust", "--out", "run")
    assert told.returncode in (0, 3), told.stderr  # 3: a metric has no value for noise
    assert "part 2 of 12: 1 renderings" in told.stdout


@pytest.mark.parametrize("wrong", ["0/2", "3/2", "2", "a/b"])
def test_a_part_that_does_not_exist_is_refused(wrong: str) -> None:
    told = CliRunner().invoke(evaluate_command, ["models", "--shard", wrong])
    assert told.exit_code == 2
    assert "give I/N" in told.output
