"""What a run has to do: which systems render which items, under which content keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from earwitness.stimuli.dataset import Dataset, load_dataset
from earwitness.stimuli.errors import ConfigError

from .adapters import adapter_of
from .inputs import ItemState
from .metrics.metric import Metric
from .model_folder import ModelFolder, find_models
from .sets.metrics import SetMetric
from .store import content_key

# Raised when the engine hands systems other inputs or stores their output in another way.
RENDERING_VERSION = 1


@dataclass(frozen=True)
class Job:
    """One system renders one item; the key changes with everything that decides the result."""

    model: ModelFolder
    state: ItemState
    key: str

    @property
    def item(self) -> str:
        return self.state.item.id


@dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `of` parts of a run, which different processes or hosts compute."""

    number: int
    of: int

    @property
    def name(self) -> str:
        return f"shard-{self.number}-of-{self.of}"

    def own(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs of this shard: every `of`-th one, all that need one fit together."""
        units = {_unit(job): None for job in jobs}
        mine = set([*units][self.number - 1 :: self.of])
        return [job for job in jobs if _unit(job) in mine]


def _unit(job: Job) -> tuple[str, str, str]:
    """What is not divided among shards."""
    item = job.state.item
    return job.model.name, job.state.dataset.name, item.group if job.model.file.fit else item.id


@dataclass(frozen=True)
class Plan:
    """The systems, datasets and metrics of a run; each list in the order of all tables."""

    models: tuple[ModelFolder, ...]
    datasets: tuple[Dataset, ...]
    metrics: tuple[Metric, ...]

    @property
    def pair_metrics(self) -> tuple[Metric, ...]:
        """Those that compare an estimate with its reference."""
        return tuple(metric for metric in self.metrics if not metric.facts.is_of_sets)

    @property
    def set_metrics(self) -> tuple[SetMetric, ...]:
        """Those over the embeddings of whole datasets."""
        return tuple(metric for metric in self.metrics if isinstance(metric, SetMetric))

    def jobs(self, states: Sequence[ItemState]) -> list[Job]:
        """Every rendering of the run, system by system."""
        fit_digests = {
            _fit_unit(state): [other.digest for other in fit_examples(state, states)]
            for state in {_fit_unit(state): state for state in states}.values()
        }
        return [
            Job(model, state, _rendering_key(model, state, fit_digests[_fit_unit(state)]))
            for model in self.models
            for names in [self.datasets_of(model)]
            for state in states
            if state.dataset.name in names
        ]

    def datasets_of(self, model: ModelFolder) -> set[str]:
        """Names of the datasets that a system renders: those of its task that have its `inputs`."""
        return {dataset.name for dataset in self.datasets if _fits(model, dataset)}

    def warnings(self) -> list[str]:
        """What looks like a mistake and stops nothing."""
        names = {model.name for model in self.models}
        without: dict[str, list[str]] = {}
        for model in self.models:
            if not self.datasets_of(model):
                without.setdefault(_needs(model), []).append(model.name)
        idle = [
            f"no dataset {needs}; not rendered: {', '.join(names)}"
            for needs, names in without.items()
        ]
        alone = [
            f"{dataset.folder}: its baseline {dataset.baseline or '(none)'} is no system of this "
            "run; no differences are computed"
            for dataset in self.datasets
            if dataset.baseline not in names
        ]
        return [*idle, *alone]


def make_plan(
    models: Path,
    datasets: Sequence[Path] | None,
    metrics: Iterable[Metric],
    systems: Sequence[str] = (),
) -> Plan:
    """Read all TOML files and refuse what cannot become a run.

    Args:
        models: the folder of model folders.
        datasets: dataset folders; None takes all in the folder `data` beside `models`.
        metrics: in the order of tables.
        systems: names of those to run; none means all.

    Raises:
        ConfigError: a file is wrong, a name is used twice, or nothing is left to do.
    """
    found = _chosen(find_models(models), systems)
    for model in found:
        adapter_of(model).check(model)
    folders = list(datasets) if datasets is not None else _datasets_beside(models)
    loaded = [load_dataset(folder) for folder in folders]
    _refuse_duplicate_items(loaded)
    if not any(_fits(model, dataset) for model in found for dataset in loaded):
        have = "; ".join(f"{d.name}: {d.task} from {', '.join(d.inputs)}" for d in loaded)
        needs = "; ".join(f"{model.name}: {_needs(model)}" for model in found[:3])
        raise ConfigError(f"{models}: no dataset fits a model (there is {have}; wanted {needs})")
    return Plan(tuple(found), tuple(loaded), tuple(metrics))


def _chosen(models: list[ModelFolder], systems: Sequence[str]) -> list[ModelFolder]:
    names = [model.name for model in models]
    unknown = [name for name in systems if name not in names]
    if unknown:
        raise ConfigError(f"no system {unknown[0]!r}; there are {', '.join(names)}")
    return [model for model in models if not systems or model.name in systems]


def _fits(model: ModelFolder, dataset: Dataset) -> bool:
    return dataset.task in model.file.task and set(model.file.inputs) <= set(dataset.inputs)


def _needs(model: ModelFolder) -> str:
    with_inputs = f" with inputs {', '.join(model.file.inputs)}" if model.file.inputs else ""
    return f"for the task {' or '.join(model.file.task)}{with_inputs}"


def _datasets_beside(models: Path) -> list[Path]:
    data = models.resolve().parent / "data"
    folders = sorted(path.parent for path in data.glob("*/dataset.toml"))
    if not folders:
        raise ConfigError(f"{data}: no dataset there; name one with --dataset DIR")
    return folders


def _refuse_duplicate_items(datasets: Sequence[Dataset]) -> None:
    first: dict[str, Dataset] = {}
    names: dict[str, Dataset] = {}
    for dataset in datasets:
        other = names.setdefault(dataset.name, dataset)
        if other is not dataset:
            raise ConfigError(
                f"{dataset.folder}: name {dataset.name!r} is also that of {other.folder}"
            )
        for item in dataset.items:
            holder = first.setdefault(item.id, dataset)
            if holder is not dataset:
                raise ConfigError(
                    f"{dataset.folder}: item {item.id!r} is also in {holder.folder}; "
                    "item ids are unique in a run"
                )


def _fit_unit(state: ItemState) -> tuple[str, str]:
    """What all items of a group share: the examples that they are fitted on."""
    return state.dataset.name, state.item.group


def _rendering_key(model: ModelFolder, state: ItemState, fit_digests: list[str]) -> str:
    fit_set = fit_digests if model.file.fit else []
    files = adapter_of(model).item_digest(model, state.item.id)
    about = (model.name, model.file.role, model.file.adapter, files)
    return content_key("rendering", RENDERING_VERSION, *about, state.digest, fit_set)


def fit_examples(state: ItemState, states: Sequence[ItemState]) -> list[ItemState]:
    """The usable items of the same dataset that are of another group than `state`."""
    return [
        other
        for other in states
        if other.dataset is state.dataset
        and other.item.group != state.item.group
        and not other.reason
    ]
