"""The report as one self-contained HTML page: no request, reads and prints as it stands.

Its one script sorts tables, opens all details at once and copies the methods text; nothing that the
page says needs it.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import wording
from .findings import oriented
from .views import Views, drawn


def page(views: Views) -> str:
    """The HTML text."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            data=views.data,
            views=views,
            flow=views.flow,
            times=drawn(views.trial_times, views.listening),
            key=views.key,
            cautions=views.cautions,
            scales=views.scales,
            roles={system.name: system.role for system in views.data.systems},
        )
    )


@cache
def environment() -> Environment:
    """The page templates, with numbers as words."""
    made = Environment(
        loader=PackageLoader("earwitness.analysis.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": wording.number,
        "signed": wording.signed,
        "p": wording.probability,
        "svg": Markup,
    }
    made.globals |= {
        "interval": wording.interval,
        "level": wording.level,
        "count": wording.count,
        "convergence": wording.convergence,
        "agreement_names": wording.AGREEMENT,
        "oriented": oriented,
        "adjusted_by": wording.adjusted_by,
        "interval_means": wording.interval_means,
    }
    return made
