"""The report for a LaTeX paper: tables to `\\input`, figures as PDF, and a document with all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..records.report import ReportData
from .figures import Picture
from .latex_tables import tables_of
from .latex_text import PREAMBLE, escape
from .pdf import write_picture
from .references import Reference
from .views import ScaleView, Views

_HEAD = r"""% Compiles with pdflatex, xelatex and lualatex; needs booktabs and graphicx.
\documentclass[10pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\else
  \usepackage{fontspec}
\fi
\usepackage{textcomp}
\usepackage{url}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage[margin=25mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\setlength{\belowcaptionskip}{4pt}
\sloppy
\newsavebox{\tablebox}
% A table as it is, or as wide as the text where it is wider.
\newcommand{\fittable}[1]{\small\sbox{\tablebox}{\input{#1}}%
  \ifdim\wd\tablebox>\textwidth\resizebox{\textwidth}{!}{\usebox{\tablebox}}%
  \else\usebox{\tablebox}\fi}"""


def write_latex(views: Views, folder: Path) -> list[Path]:
    """Write `report.tex`, its tables, figures and `references.bib` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    body: list[str] = [*_opening(views)]
    files: list[Path] = []
    body += _figures(folder, files, "all", {
        "flow": views.flow, "times": views.trial_times, "listening": views.listening,
    })  # fmt: skip
    for k, view in enumerate(views.scales, start=1):
        body.append(rf"\section{{{escape(view.scale.question)}}}")
        body += _figures(folder, files, str(k), _pictures_of(view))
        for name, caption, text in tables_of(views.data, view.scale, view.contrasts):
            path = folder / f"table-{k}-{name}.tex"
            path.write_text(text, encoding="utf-8")
            files.append(path)
            body.append(_float("table", rf"\fittable{{{path.stem}}}", caption))
        body.append(r"\clearpage")
    body += _closing(views)
    document = folder / "report.tex"
    document.write_text(
        "\n".join([_HEAD, PREAMBLE, r"\begin{document}", *body, r"\end{document}", ""]),
        encoding="utf-8",
    )
    bibliography = folder / "references.bib"
    entries = [reference.bibtex for reference in views.methods.references]
    bibliography.write_text("\n".join(entries), encoding="utf-8")
    return [document, bibliography, *files]


def _opening(views: Views) -> list[str]:
    data = views.data
    lines = [rf"\title{{{escape(data.title)}}}", r"\author{}", rf"\date{{{_dates(data)}}}",
             r"\maketitle", r"\section{What was found}"]  # fmt: skip
    lines += [escape(note) + r"\par" for note in data.notes]
    for view in views.scales:
        lines += [rf"\subsection*{{{escape(view.scale.question)}}}", *_list(view.sentences)]
    return [*lines, *(escape(caution) + r"\par" for caution in views.cautions)]


def _dates(data: ReportData) -> str:
    first, last = data.first_answer_at[:10], data.last_answer_at[:10]
    return escape(first if first == last else f"{first} to {last}")


def _list(sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return []
    return [r"\begin{itemize}", *(rf"\item {escape(words)}" for words in sentences),
            r"\end{itemize}"]  # fmt: skip


def _pictures_of(view: ScaleView) -> dict[str, Picture | None]:
    return {
        "differences": view.forest, "answers": view.likert, "means": view.means,
        "pairs": view.pairs, "participants": view.participants,
        "correlations": view.correlations, "items": view.items, "course": view.course,
        "metrics": view.strengths,
    }  # fmt: skip


def _figures(
    folder: Path, files: list[Path], prefix: str, pictures: dict[str, Picture | None]
) -> list[str]:
    """Write the pictures, note the files, and give the floats that show them."""
    floats = []
    for name, picture in pictures.items():
        if picture is not None:
            path = write_picture(picture.svg, folder / f"figure-{prefix}-{name}.pdf")
            files.append(path)
            graphic = rf"\includegraphics[width=0.62\textwidth]{{{path.name}}}"
            floats.append(_float("figure", graphic, picture.caption))
    return floats


def _float(kind: str, content: str, caption: str) -> str:
    captioned = rf"\caption{{{escape(caption)}}}"
    inside = [captioned, content] if kind == "table" else [content, captioned]
    return "\n".join([rf"\begin{{{kind}}}[htbp]", r"\centering", *inside, rf"\end{{{kind}}}"])


def _closing(views: Views) -> list[str]:
    text = views.methods
    return [
        r"\section{Methods, to be taken over}",
        *(escape(words) + r"\par" for words in text.methods),
        r"\section{Results, to be taken over}",
        *_list(text.results),
        r"\section{References}",
        *(_entry(reference) + r"\par" for reference in text.references),
    ]


def _entry(reference: Reference) -> str:
    link, doi = rf" \url{{{reference.link}}}", reference.link
    return escape(reference.text.removesuffix(doi).rstrip()) + (link if doi else "")
