"""Ratings and scores in; statistics, figures and a report out."""

from .report import Report, report, report_exports

__all__ = ["Report", "report", "report_exports"]
