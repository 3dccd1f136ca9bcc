"""Text and tables as LaTeX that compiles with every engine, whatever names the data hold."""

from __future__ import annotations

from collections.abc import Sequence

# For a character that pdfLaTeX's fonts lack: itself where the engine knows Unicode, else its code.
PREAMBLE = r"""\providecommand{\unicodepoint}[1]{\ifdefined\Uchar\Uchar"#1 \else U+#1\fi}"""

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": "$<$", ">": "$>$", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "[": "{[}", "]": "{]}",  # [ after \\ would be read as a distance
    "−": "$-$", "–": "--", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''", "…": r"\ldots{}",
    "\u00a0": "~", "×": r"$\times$", "±": r"$\pm$", "÷": r"$\div$", "·": r"$\cdot$",
    "≥": r"$\geq$", "≤": r"$\leq$", "²": "$^2$", "′": "$'$", "↑": r"$\uparrow$",
    "↓": r"$\downarrow$", "→": r"$\rightarrow$", "α": r"$\alpha$", "δ": r"$\delta$",
    "Δ": r"$\Delta$", "ρ": r"$\rho$", "τ": r"$\tau$", "χ": r"$\chi$", "Σ": r"$\Sigma$",
}  # fmt: skip
_LAST_PLAIN = 0x17F  # Latin letters that the T1 fonts have


def escape(text: str) -> str:
    """`text` as LaTeX, on one line."""
    return "".join(_character(character) for character in text)


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isspace():
        return " "
    code = ord(character)
    if 0x20 <= code < 0x7F or (0xC0 <= code <= _LAST_PLAIN and character.isalpha()):
        return character
    return rf"\unicodepoint{{{code:X}}}" if code > _LAST_PLAIN else f"U+{code:X}"


def table(columns: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A booktabs `tabular`, ready for `\\input`."""
    lines = [
        PREAMBLE, rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}", r"\toprule", _line(header),
        r"\midrule", *map(_line, rows), r"\bottomrule", r"\end{tabular}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return " & ".join(escape(cell) for cell in cells) + r" \\"
