"""Numbers as words of a report: one place, so that text, tables and figures cannot disagree."""

from __future__ import annotations

from ..records.models import Convergence


def number(value: float | None, digits: int = 2) -> str:
    """`1.23`, with a true minus; an en dash for a number that does not exist."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def signed(value: float | None, digits: int = 2) -> str:
    """Like `number`, with a plus."""
    text = number(value, digits)
    return text if value is None or text.startswith("−") or float(text) == 0 else f"+{text}"


def probability(value: float | None) -> str:
    """`.012`, `< .001`, `> .999` (spaces that do not break); an en dash when there is none."""
    if value is None:
        return "–"
    if value < 0.001:
        return "<\u00a0.001"
    if value > 0.999:
        return ">\u00a0.999"
    return f"{value:.3f}".removeprefix("0")


def p_equals(value: float | None) -> str:
    """`p = .012` or `p < .001`."""
    text = probability(value)
    return f"p\u00a0{text}" if text[0] in "<>" else f"p\u00a0=\u00a0{text}"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """`0.10 to 0.52`; an en dash when there is none."""
    if low is None or high is None:
        return "–"
    return f"{number(low, digits)} to {number(high, digits)}"


def convergence(found: Convergence) -> str:
    """How a search ended, for those who want to check it."""
    gradient, start = found.max_gradient, found.second_start_difference
    parts = [
        f"largest gradient {gradient:.1e}" if gradient is not None else "",
        f"condition number {found.condition_number:.0f}" if found.condition_number else "",
        f"log-likelihood from another start {start:+.1e}" if start is not None else "",
        f"{found.evaluations} evaluations",
    ]
    return ", ".join(part for part in parts if part)


def count(n: int, noun: str) -> str:
    """`1 item`, `4 items`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def level(alpha: float) -> str:
    """`95 %` for alpha 0.05 (with a space that does not break)."""
    return f"{100 * (1 - alpha):g}\u00a0%"


AGREEMENT = {
    "icc_1_1": "ICC(1), one-way, one participant",
    "icc_1_k": "ICC(1,k), one-way, their mean",
    "icc_a_1": "ICC(A,1), agreement, one participant",
    "icc_a_k": "ICC(A,k), agreement, their mean",
    "icc_c_1": "ICC(C,1), consistency, one participant",
    "icc_c_k": "ICC(C,k), consistency, their mean",
    "krippendorff_alpha_ordinal": "Krippendorff’s α, ordinal",
    "kendall_w": "Kendall’s W, order of systems",
    "sos_a": "SOS parameter a",
}
_ADJUSTED_BY = {
    "holm": "Holm’s method",
    "hochberg": "Hochberg’s method",
    "dunnett": "Dunnett’s method (multivariate t)",
    "benjamini-hochberg": "Benjamini and Hochberg’s method (false discovery rate)",
}
_INTERVAL_MEANS = {
    "dunnett": "Adjusted intervals cover all true differences at once",
    "benjamini-hochberg": "Adjusted intervals are those of Benjamini and Yekutieli (2005): a share "
    "alpha of the significant ones is wrong on average",
}


def adjusted_by(method: str) -> str:
    """The method of adjustment in words."""
    return _ADJUSTED_BY[method]


def interval_means(method: str, alpha: float) -> str:
    """What an adjusted interval says."""
    decides = f"leaves out zero exactly when the adjusted p is below {alpha:g}."
    if method in _INTERVAL_MEANS:
        return f"{_INTERVAL_MEANS[method]}; one {decides}"
    return f"An adjusted interval {decides}"
