"""What the plan asks for beyond the usual report: added to it, or put in its place."""

from __future__ import annotations

import pandas as pd

from earwitness.stimuli.study import Analysis

from ..cells import make_cells
from ..inputs.prepared import Inputs
from ..predictors.whole_set import whole_set_means
from ..records.report import ReportData
from .disagreement import verdicts
from .withheld import as_sequential


def with_extras(
    data: ReportData, inputs: Inputs, apart: pd.DataFrame, planned: Analysis
) -> ReportData:
    """Add the means over all scored items and the verdicts on disputed ones; sequential last.

    Args:
        data: the report on the representative items.
        inputs: what it is made of.
        apart: the ratings of `disagreement_items`.
        planned: `[analysis]`.
    """
    means = []
    for scale in data.scales:
        ratings = inputs.ratings[inputs.ratings["scale"] == scale.id]
        means += whole_set_means(
            make_cells(ratings, inputs.systems), scale.id, inputs.scores,
            planned.prediction_metric, data.alpha, planned.disagreement_items,
        )  # fmt: skip
    disputed = verdicts(apart, inputs.scores, inputs.systems, inputs.baseline, data.alpha)
    data = data.model_copy(update={"whole_set": means, "disagreement": disputed})
    if planned.sequential is None:
        return data
    return as_sequential(data, inputs.ratings, planned.sequential)
