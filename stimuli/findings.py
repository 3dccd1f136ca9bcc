"""What preflight finds: errors keep a study from being served, warnings are for the researcher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.markup import escape
from rich.table import Table

from .errors import StimulusError

Severity = Literal["error", "warning"]
_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "yellow"}


@dataclass(frozen=True)
class Finding:
    """One fault: what is wrong, where (system, item, page or file), and what to do about it."""

    severity: Severity
    what: str
    where: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.fix}"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether a study with these findings must not be served."""
    return any(finding.severity == "error" for finding in findings)


class PreflightError(StimulusError):
    """A study that must not be served; `findings` has every fault, the message the first error."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        errors = [finding for finding in findings if finding.severity == "error"]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0]}{more}")


def findings_table(findings: Sequence[Finding]) -> Table:
    """The findings for a terminal, errors first."""
    table = Table(title="Preflight", title_justify="left")
    for heading in ("severity", "where", "what", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in sorted(findings, key=lambda finding: finding.severity):
        row = (escape(text) for text in (finding.where, finding.what, finding.fix))
        table.add_row(finding.severity, *row, style=_STYLES[finding.severity])
    return table
