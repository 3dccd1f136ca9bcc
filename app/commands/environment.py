"""Examine the environment: Python, the packages, torch and its device, what PDF reports need."""

from __future__ import annotations

import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from packaging.requirements import Requirement

from .check import Check

INSTALL_EVALUATE = "pip install 'earwitness[evaluate]'"
INSTALL_PANGO = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def examine_environment() -> list[Check]:
    """All checks that need no study."""
    return [_interpreter(), _packages(), _torch(), _pdf()]


def _interpreter() -> Check:
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return Check("earwitness", "ok", f"{version('earwitness')} on {where}")


def _packages() -> Check:
    """Are the packages there, in the right versions, that the test and the report need?"""
    stated = [Requirement(line) for line in requires("earwitness") or []]
    needed = [need for need in stated if need.marker is None]
    lacking = [str(need) for need in needed if not _is_met(need)]
    if lacking:
        return Check(
            "packages", "broken", f"not there: {', '.join(lacking)}", "pip install earwitness"
        )
    return Check("packages", "ok", f"{len(needed)} packages, all in the versions that are needed")


def _is_met(need: Requirement) -> bool:
    try:
        return need.specifier.contains(version(need.name), prereleases=True)
    except PackageNotFoundError:
        return False


def _torch() -> Check:
    """Torch is only wanted where models are evaluated, so that its absence is no defect."""
    if find_spec("torch") is None:
        return Check("torch", "missing", "only `evaluate` needs it", INSTALL_EVALUATE)
    torch = import_module("torch")
    if not torch.cuda.is_available():
        told = "on CPU; metrics are untested on CUDA here"
    else:
        told = f"on {torch.cuda.get_device_name(0)}; `earwitness metrics --parity` compares it"
    return Check("torch", "ok", f"{torch.__version__} {told}")


def _pdf() -> Check:
    try:
        import_module("weasyprint")
    except OSError as error:  # its libraries, which pip cannot install
        return Check("PDF", "missing", str(error).splitlines()[0], INSTALL_PANGO)
    return Check("PDF", "ok", f"WeasyPrint {version('weasyprint')} and Pango")
