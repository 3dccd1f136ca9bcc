"""The exceptions that a user may see: each message says what is wrong, where, and what to do.

A command prints the message on one line and exits with `exit_code` (1 failed, 2 usage or
configuration). Code raises the most specific class; nothing else is meant to reach a user.
"""

from __future__ import annotations


class EarwitnessError(Exception):
    """Base of all errors that are shown to a user as one line."""

    exit_code = 1


class ConfigError(EarwitnessError):
    """A TOML file, an option or a setting that is wrong."""

    exit_code = 2


class DataError(EarwitnessError):
    """A data file (audio, array or table) that is missing, unreadable or breaks its contract."""


class ModelError(EarwitnessError):
    """A model that cannot be loaded, is not trusted, raises, hangs or returns unusable audio."""


class MetricError(EarwitnessError):
    """A metric that is unknown or cannot be set up (a score that is missing is a row instead)."""


class StimulusError(EarwitnessError):
    """Rendered audio that cannot become a stimulus: unsafe, unequal in length or near-silent."""


class RatingError(EarwitnessError):
    """An answer that the study does not allow."""
