"""What a simulated listener sees of a page: its form, its rating cells, its audio, its code."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]


@dataclass(frozen=True)
class Control:
    """A control of a form: `kind` is checkbox, radio, range, textarea or hidden."""

    kind: str
    name: str
    value: str


@dataclass
class Cell:
    """One question about one slot; `kind` as in `earwitness.stimuli.scales`."""

    slot: str
    scale: str
    kind: str = "category"
    options: list[str] = field(default_factory=list)


@dataclass
class BotPage:
    """A parsed page; `action` is where its form goes, empty on the last page."""

    action: str = ""
    controls: list[Control] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    audio: list[str] = field(default_factory=list)
    trial: int | None = None
    sequence: int = 0
    code: str = ""


def read_page(html: str) -> BotPage:
    """Parse a participant's page."""
    reader = _Reader()
    reader.feed(html)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = BotPage()
        self._in_form = False
        self._cell: Cell | None = None
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open_form(attributes)
        elif tag == "fieldset" and "data-scale" in attributes:
            self._cell = Cell(
                attributes["data-slot"], attributes["data-scale"], attributes["data-kind"]
            )
            self.page.cells.append(self._cell)
        elif tag in ("input", "textarea"):
            self._control(tag, attributes)
        self._in_code = attributes.get("id") == "code"
        if "data-audio" in attributes:
            self.page.audio.append(attributes["data-audio"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "fieldset":
            self._cell = None
        self._in_code = False

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.page.code += data.strip()

    def _open_form(self, attributes: Attributes) -> None:
        action = attributes.get("action", "")
        self._in_form = "/pages/" in action or "/trials/" in action  # not the one that withdraws
        if self._in_form:
            self.page.action = action
            self.page.trial = int(attributes["data-trial"]) if "data-trial" in attributes else None
            self.page.sequence = int(attributes.get("data-sequence", 0))

    def _control(self, tag: str, attributes: Attributes) -> None:
        if self._cell is not None:
            self._cell.options.append(attributes.get("value", ""))
        elif self._in_form and attributes.get("name"):
            kind = "textarea" if tag == "textarea" else attributes.get("type", "text")
            value = attributes.get("value", "")
            self.page.controls.append(Control(kind, attributes["name"], value))
