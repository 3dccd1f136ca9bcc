"""A report's own `analysis.R`, run: every number of the report beside R's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

from earwitness.analysis import report

# Largest |ours − R| ÷ max(1, |R|) by model and quantity; R's clmm stops at a gradient near 1e-4.
TOLERANCES = {
    ("clmm", "estimate"): 2e-4, ("clmm", "se"): 2e-4, ("clmm", "sd"): 2e-4,
    ("clmm", "log_likelihood"): 1e-4, ("lmm", "estimate"): 1e-5, ("lmm", "se"): 1e-5,
    ("lmm", "sd"): 5e-5, ("lmm", "log_likelihood"): 1e-5, ("lmm", "df"): 1e-3,
    ("", "mean"): 1e-9, ("", "friedman"): 1e-9, ("", "wilcoxon"): 1e-9,
}  # fmt: skip


def compared(table: pd.DataFrame, baseline: str, folder: Path) -> pd.DataFrame | str:
    """model (`clmm`, `lmm` or none), quantity, n, largest difference, allowed; or why R failed."""
    report(table, baseline=baseline, out=folder, formats=["r"])
    done = subprocess.run(
        ["Rscript", folder / "analysis.R"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return f"R failed: {done.stderr.strip().splitlines()[-1]}"
    found = pd.read_csv(folder / "analysis_r.csv")
    found = found[found["quantity"] != "seconds"]
    found["kind"] = found["model"].str.extract(r"^(clmm|lmm)-", expand=False).fillna("")
    scale = np.maximum(1.0, found["r"].abs())
    found["difference"] = (found["earwitness"] - found["r"]).abs() / scale
    groups = found.groupby(["kind", "quantity"])["difference"]
    summary = groups.agg(n="size", largest=lambda gaps: gaps.max(skipna=False)).reset_index()
    summary["allowed"] = [
        TOLERANCES[key] for key in zip(summary.kind, summary.quantity, strict=True)
    ]
    return summary
