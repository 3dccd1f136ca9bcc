"""The mixed models beside R's `ordinal` and `lme4`: same data, same run; and their time by size.

    python benchmarks/r_parity.py [--no-r] [--largest 144000] [--plot growth.svg] [--results FILE]

R comes from Debian: apt-get install r-base-core r-cran-ordinal r-cran-lme4 r-cran-lmertest
r-cran-jsonlite. Without it the comparison is left out, in words. A whole report's `analysis.R` is
run as well, and every number of it compared. `--results` renews the section of this benchmark in a
Markdown file (benchmarks/RESULTS.md). Ours are medians of repeated fits, standard errors, the
second start and all checks included; R's are single fits. CPU seconds stand beside wall seconds,
because other programs on the machine hardly move them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from r_report import compared
from rich.console import Console
from rich.table import Table

from earwitness.analysis.linear.lmm import fit_lmm
from earwitness.analysis.ordinal.clmm import fit_clmm
from earwitness.analysis.ordinal.data import ordinal_data
from earwitness.analysis.ordinal.model import OrdinalMixedModel
from earwitness.analysis.random_effects.terms import RandomTerm, partition

ROOT = Path(__file__).resolve().parent.parent
LIKERT = ROOT / "tests" / "golden" / "r" / "synthetic_24x4x8x3.csv"
EFFECTS = (0.0, 0.4, 0.9, -0.8)
THREE = ("participant", "item", "participant:system")
FOUR = (*THREE, "item:system")
# R's example data: the answer, a covariate, the random intercepts.
LINEAR = {
    "penicillin": ("diameter", "", ("plate", "sample")),
    "sleepstudy": ("Reaction", "Days", ("Subject",)),
}
REPEATS = 5


@dataclass(frozen=True)
class Timed:
    """Median wall and CPU seconds, and the peak memory of the process."""

    ratings: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    model: OrdinalMixedModel | None = None


def terms(frame: pd.DataFrame, names: tuple[str, ...]) -> list[RandomTerm]:
    codes = [partition(frame, name.split(":")) for name in names]
    return [
        RandomTerm(name, code, int(code.max()) + 1) for name, code in zip(names, codes, strict=True)
    ]


def treatment(frame: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """R's columns of `system * scale`, or of `system` where there is one scale."""
    systems = {f"system{s}": frame["system"] == s for s in sorted(frame["system"].unique())[1:]}
    scales = {f"scale{q}": frame["scale"] == q for q in sorted(frame["scale"].unique())[1:]}
    both = {f"{s}:{q}": systems[s] & scales[q] for q in scales for s in systems}
    columns = systems | scales | both
    return np.column_stack([c.to_numpy(dtype=float) for c in columns.values()]), list(columns)


def simulated(participants: int, scales: int, seed: int = 1) -> pd.DataFrame:
    """Twelve items, four systems, answers 1..5 from a latent logistic model."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*map(range, (participants, 12, len(EFFECTS), scales)), indexing="ij")
    p, i, s, q = (axis.ravel() for axis in axes)
    latent = np.asarray(EFFECTS)[s] + rng.normal(size=participants)[p]
    latent += 0.5 * rng.normal(size=12)[i]
    latent += 0.6 * rng.normal(size=(participants, len(EFFECTS)))[p, s]
    latent += (0.4 if scales == 1 else 0.0) * rng.normal(size=(12, len(EFFECTS)))[i, s]
    latent += rng.logistic(size=len(p))
    value = 1 + (latent[:, None] > np.array([-2.2, -0.8, 0.6, 2.0])).sum(axis=1)
    names = {"participant": p, "item": i, "system": s, "scale": q}
    return pd.DataFrame(names | {"value": value})


def fitted(frame: pd.DataFrame, names: tuple[str, ...], repeats: int = 1) -> Timed:
    """Time everything from the table to the model."""
    walls, cpus, model = [], [], None
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        X, columns = treatment(frame)
        data = ordinal_data(frame["value"].to_numpy(dtype=float), X, columns)
        model = fit_clmm(data, terms(frame, names))
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Timed(len(frame), statistics.median(walls), statistics.median(cpus), peak, model)


def _sized(participants: int, scales: int) -> Timed:
    found = fitted(simulated(participants, scales), FOUR if scales == 1 else THREE)
    assert found.model is not None
    assert found.model.converged, found.model.notes
    return Timed(found.ratings, found.wall_s, found.cpu_s, found.peak_mib)


def growth(largest: int) -> tuple[list[Timed], Timed]:
    """One scale with the default random structure by size, and 43,200 ratings of three scales."""
    sizes = [n for n in (30, 100, 300, 1000, 3000) if n * 48 <= largest]
    spawn = multiprocessing.get_context("spawn")
    found = []
    for participants, scales in [*((n, 1) for n in sizes), (300, 3)]:
        with spawn.Pool(1) as pool:  # a process of its own: its peak memory is this model's
            found.append(pool.apply(_sized, (participants, scales)))
    return found[:-1], found[-1]


def run_r(folder: Path, likert: pd.DataFrame, one: pd.DataFrame) -> dict[str, Any] | str:
    """R's results, or why there are none."""
    likert.to_csv(folder / "likert.csv", index=False)
    one.to_csv(folder / "one_scale.csv", index=False)
    script = Path(__file__).with_suffix(".R")
    done = subprocess.run(["Rscript", script, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"R failed: {done.stderr.strip().splitlines()[-1]}"
    return dict(json.loads((folder / "r.json").read_text(encoding="utf-8")))


def differences(model: OrdinalMixedModel, theirs: dict[str, Any]) -> tuple[float, float, float]:
    """Largest difference of estimates and of errors, and that of the log-likelihood."""
    names = model.data.parameter_names
    ours = dict(zip(names, model.parameters, strict=False))
    errors = dict(zip(names, model.standard_errors, strict=False))
    return (
        max(abs(ours[name] - value) for name, value in theirs["estimates"].items()),
        max(abs(errors[name] - value) for name, value in theirs["errors"].items()),
        model.log_likelihood - theirs["log_likelihood"],
    )


def linear_differences(
    frame: pd.DataFrame, key: str, theirs: dict[str, Any]
) -> tuple[float, float, float]:
    """As `differences`, of a linear mixed model on R's own example data."""
    answer, covariate, groups = LINEAR[key]
    columns = [np.ones(len(frame)), *([frame[covariate]] if covariate else [])]
    names = ["(Intercept)", *([covariate] if covariate else [])]
    X, y = np.column_stack(columns).astype(float), frame[answer].to_numpy(dtype=float)
    fit = fit_lmm(y, X, names, terms(frame, groups))
    pairs = list(zip(names, fit.coefficients, fit.standard_errors, strict=True))
    return (
        max(abs(value - theirs["estimates"][name]) for name, value, _ in pairs),
        max(abs(error - theirs["errors"][name]) for name, _, error in pairs),
        fit.log_likelihood - theirs["log_likelihood"],
    )


def parity(console: Console) -> bool:
    """Print the comparison with R; false where a difference is larger than it may be."""
    likert = pd.read_csv(LIKERT).rename(
        columns={"song": "item", "question": "scale", "rating": "value"}
    )
    one = simulated(20, 1, seed=3)
    for name in ("participant", "item", "system", "scale"):
        one[name] = name[0] + one[name].astype(str).str.zfill(2)
    with tempfile.TemporaryDirectory() as name:
        theirs = run_r(Path(name), likert, one)
        if isinstance(theirs, str):
            console.print(theirs)
            return False
        linear = {key: pd.read_csv(Path(name) / f"{key}.csv") for key in LINEAR}
    headings = ("model", "ratings", "R s", "R CPU s", "ours s", "CPU s", "CPU ratio")
    table = Table(*headings, "Δ estimate", "Δ SE", "Δ logLik", title=", ".join(theirs["versions"]))
    good = True
    for key, frame, names in (("likert", likert, THREE), ("one_scale", one, FOUR)):
        ours = fitted(frame, names, REPEATS)
        assert ours.model is not None
        gaps = differences(ours.model, theirs[key])
        seconds, cpu = theirs[key]["seconds"], theirs[key]["cpu"]
        table.add_row(
            f"clmm, {len(names)} random", str(ours.ratings), f"{seconds:.1f}", f"{cpu:.1f}",
            f"{ours.wall_s:.2f}", f"{ours.cpu_s:.2f}", f"{cpu / ours.cpu_s:.0f}×",
            *(f"{gap:.1e}" for gap in gaps),
        )  # fmt: skip
        good &= gaps[0] < 2e-4 and gaps[1] < 2e-4 and abs(gaps[2]) < 1e-4
    for key, frame in linear.items():
        gaps = linear_differences(frame, key, theirs[key])
        table.add_row(f"lmer, {key}", str(len(frame)), *[""] * 5, *(f"{g:.1e}" for g in gaps))
        good &= all(abs(gap) < 1e-5 for gap in gaps)
    console.print(table)
    return good


def whole_report(console: Console) -> bool:
    """Every number of a report of three scales beside what its `analysis.R` gives."""
    likert = pd.read_csv(LIKERT).rename(
        columns={"song": "item", "question": "scale", "rating": "value"}
    )
    with tempfile.TemporaryDirectory() as name:
        found = compared(likert, "S0", Path(name))
    if isinstance(found, str):
        console.print(found)
        return False
    title = "analysis.R of a report of 3 scales (÷ R’s value where above 1)"
    table = Table("model", "number", "n", "largest difference", "allowed", title=title)
    for row in found.itertuples():
        table.add_row(
            row.kind, row.quantity, str(row.n), f"{row.largest:.1e}", f"{row.allowed:.0e}"
        )
    console.print(table)
    return bool((found["largest"] < found["allowed"]).all())


def draw(sizes: list[Timed], path: Path) -> None:
    """Seconds by ratings, both logarithmic, beside a straight line."""
    figure, axes = plt.subplots(figsize=(5, 3.5), layout="constrained")
    ratings = np.array([t.ratings for t in sizes])
    axes.loglog(ratings, [t.cpu_s for t in sizes], "o-", label="CPU seconds")
    axes.loglog(ratings, sizes[-1].cpu_s * ratings / ratings[-1], ":", label="linear")
    axes.set_xlabel("ratings")
    axes.set_ylabel("seconds")
    axes.legend()
    figure.savefig(path)


def write_section(page: Path, text: str) -> None:
    """Put `text` between this benchmark's marks in `page`; the other sections stay."""
    start, end = "<!-- r_parity -->", "<!-- /r_parity -->"
    old = page.read_text(encoding="utf-8") if page.is_file() else "# Results of the benchmarks\n"
    before, _, rest = old.partition(start)
    after = rest.partition(end)[2]
    section = (
        f"{start}\n## Beside R\n\n`python benchmarks/r_parity.py`\n\n```text\n{text}```\n{end}"
    )
    page.write_text(f"{before.rstrip()}\n\n{section}\n{after.lstrip()}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--no-r", action="store_true", help="leave the comparison with R out")
    parser.add_argument("--largest", type=int, default=144_000, help="ratings of the largest fit")
    parser.add_argument("--plot", type=Path, help="write the growth with size as a picture")
    parser.add_argument("--results", type=Path, help="Markdown file whose section is renewed")
    options = parser.parse_args()
    console = Console(width=120, record=True)
    if shutil.which("Rscript") is None and not options.no_r:
        console.print("No comparison with R: Rscript is not installed.")
    good = options.no_r or shutil.which("Rscript") is None or (
        parity(console) & whole_report(console)
    )  # fmt: skip
    sizes, three = growth(options.largest)
    table = Table("ratings", "random terms", "s", "CPU s", "peak MiB")
    labelled = [(timed, "4") for timed in sizes]
    for timed, label in [*labelled, (three, "3, system × scale")]:
        table.add_row(
            f"{timed.ratings:,}", label, f"{timed.wall_s:.2f}", f"{timed.cpu_s:.2f}",
            f"{timed.peak_mib:.0f}",
        )  # fmt: skip
    console.print(table)
    if options.plot:
        draw(sizes, options.plot)
    if options.results:
        write_section(options.results, console.export_text())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
