"""Where templates come from: our own first, then those beside the page types of others."""

from __future__ import annotations

from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader

from earwitness.stimuli.pages.registry import folders


def loader(own: Path) -> BaseLoader:
    """Finds `<type>.html`; a type of others cannot replace a template of ours."""
    return ChoiceLoader([FileSystemLoader(folder) for folder in (own, *folders().values())])
