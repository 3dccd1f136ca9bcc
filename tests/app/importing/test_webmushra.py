"""webMUSHRA's configurations and results: what they say here, and that listeners can take them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.app.commands.import_ import import_command
from earwitness.app.export import export
from earwitness.app.importing.study_text import study_text
from earwitness.app.importing.webmushra_pages import plain
from earwitness.app.importing.webmushra_study import as_name
from earwitness.app.simulate import simulate
from earwitness.stimuli.audio import Signal, write_wav
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.study import StudyFolder

HEAD = "testname: A test\ntestId: My Test\nbufferSize: 2048\nremoteService: service/write.php\n"
FINISH = """
  - type: finish
    name: Thank you
    content: Bye
    writeResults: true
    questionnaire:
      - type: likert
        label: Gender?
        name: gender
        response: [{value: f, label: Female}, {value: m, label: Male}]
      - {type: number, label: "Age?", name: 1st age, min: 0, max: 100, optional: true}
"""
RESPONSE = """
    response:
      - {value: 3, label: Good}
      - {value: 1, label: Bad}
      - {value: 2, label: Fair}
"""


def stimuli(song: str, *names: str) -> str:
    lines = "".join(f"      {name}: configs/audio/{song}-{name}.wav\n" for name in names)
    return f"    stimuli:\n{lines}"


def reference(song: str) -> str:
    return f"    reference: configs/audio/{song}-ref.wav\n"


def mushra(number: int, song: str, indent: str = "  ") -> str:
    block = (
        f"- type: mushra\n  id: Trial {number}\n  name: MUSHRA\n  content: listen\n"
        "  createAnchor35: true\n  createAnchor70: true\n"
        f"  reference: configs/audio/{song}-ref.wav\n  stimuli:\n"
        f"    C1: configs/audio/{song}-C1.wav\n    C2: configs/audio/{song}-C2.wav\n"
    )
    return "".join(f"{indent}{line}\n" for line in block.splitlines())


CONFIGURATIONS = {
    "mushra": f"""{HEAD}pages:
  - {{type: generic, id: intro, name: Hello, content: "<h1>Read</h1><p>this &amp; that</p>"}}
  - {{type: volume, id: vol, name: Level, content: set it, stimulus: x.wav, defaultVolume: 0.5}}
  -
    - random
{mushra(1, "a", "    ")}{mushra(2, "b", "    ")}{FINISH}""",
    "pairs": f"""{HEAD}pages:
  - type: paired_comparison
    id: pair
    name: Which is the reference?
    unforced: I cannot tell
{reference("a")}{stimuli("a", "C1", "C2")}{FINISH}""",
    "multi": f"""{HEAD}pages:
  - type: likert_multi_stimulus
    id: multi-1
    name: Rate
    mustRate: true
{stimuli("a", "C1", "C2")}{RESPONSE}
  - type: likert_multi_stimulus
    id: multi-2
    name: Rate again
{stimuli("b", "C1", "C2")}{RESPONSE}{FINISH}""",
    "single": f"""{HEAD}pages:
  - type: likert_single_stimulus
    id: single
    name: Rate
    mustPlayback: ended
{stimuli("a", "C1", "C2")}{RESPONSE}{FINISH}""",
}
# Page types and rows that one listener gives: systems × items, references and anchors counted.
EXPECTED = {
    "mushra": (["level", "mushra", "questionnaire", "thanks"], 2 * 5),
    "pairs": (["ab", "questionnaire", "thanks"], 2 * 2),
    "multi": (["rating", "rating", "questionnaire", "thanks"], 2 * 2),
    "single": (["acr", "questionnaire", "thanks"], 2),
}


def write(root: Path, text: str) -> Path:
    """webMUSHRA's folder with a configuration and its audio."""
    for number, name in enumerate(f"{s}-{c}" for s in "ab" for c in ("ref", "C1", "C2")):
        noise = np.random.default_rng(number).normal(0, 0.1, (1, 16_000)).astype(np.float32)
        write_wav(root / "configs" / "audio" / f"{name}.wav", Signal(noise, 16_000))
    file = root / "configs" / "test.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(import_command, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_becomes_a_study_that_a_bot_completes(name: str, tmp_path: Path) -> None:
    done = run(write(tmp_path, CONFIGURATIONS[name]), "--out", tmp_path / "study")
    assert done.exit_code == (3 if name == "mushra" else 0), done.output
    folder = StudyFolder(tmp_path / "study")
    types, rows = EXPECTED[name]
    assert [page.type for page in folder.study.pages] == types
    prepare(folder)
    assert simulate(folder, listeners=1).added == 1
    assert len(pd.read_csv(export(folder) / "ratings.csv")) == rows


def test_texts_scales_and_questions_are_taken_over(tmp_path: Path) -> None:
    run(write(tmp_path, CONFIGURATIONS["mushra"]), "--out", tmp_path / "study")
    level, mushra, questions, thanks = StudyFolder(tmp_path / "study").study.pages
    assert level.text == "Hello\n\nRead\n\nthis & that\n\nset it"
    assert mushra.items == ("trial-1", "trial-2")  # type: ignore[attr-defined]
    asked = [(field.id, field.kind, field.required) for field in questions.fields]  # type: ignore[attr-defined]
    assert asked == [("gender", "choice", True), ("q_1st_age", "text", False)]
    assert thanks.text == "Bye"
    run(write(tmp_path, CONFIGURATIONS["multi"]), "--out", tmp_path / "multi")
    [scale] = StudyFolder(tmp_path / "multi").study.scales
    assert scale.labels == ("Bad", "Fair", "Good")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("pages: [", 2, "cannot be read as YAML"),
        ("testname: x", 2, "no list `pages`"),
        (f"{HEAD}pages: [{{type: finish}}]", 2, "no page with stimuli"),
        (f"{HEAD}pages: [{{id: x}}]", 2, "page 1 has no `type`"),
        (f"{HEAD}pages: [{{type: mushra, id: x}}]", 2, "page x: `stimuli` must map"),
        (f"{HEAD}pages:\n{mushra(1, 'a')}{mushra(1, 'b')}", 2, "two pages have the same id"),
        (f"{HEAD}pages:\n{mushra(1, 'a')}{mushra(2, 'b').replace('C2', 'C9')}", 2, "split the con"),
        (f"{HEAD}pages:\n{mushra(1, 'a').replace('C2', 'c1')}", 2, "the same name"),
        (f"{HEAD}pages:\n{mushra(1, 'z')}", 1, "z-C1.wav"),
        (f"{HEAD}pages:\n{mushra(1, 'a')}  - {{type: bs1116, id: k}}\n", 3, "page k: type bs1116"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line(
    tmp_path: Path, text: str, code: int, message: str
) -> None:
    done = run(write(tmp_path, text), "--out", tmp_path / "study")
    assert (done.exit_code, message in " ".join(done.output.split())) == (code, True), done.output
    assert "Traceback" not in done.output


def test_mushra_and_likert_pages_share_a_study(tmp_path: Path) -> None:
    likert = CONFIGURATIONS["multi"].split("pages:")[1].replace("-a", "-b")
    done = run(write(tmp_path, f"{HEAD}pages:\n{mushra(1, 'a')}{likert}"), "--out", tmp_path / "s")
    assert done.exit_code == 0, done.output
    folder = StudyFolder(tmp_path / "s")
    prepare(folder)
    assert folder.study.stimuli.systems == ("c1", "c2")


def test_a_study_is_never_written_over(tmp_path: Path) -> None:
    file = write(tmp_path, CONFIGURATIONS["single"])
    assert run(file, "--out", tmp_path / "study").exit_code == 0
    assert run(file, "--out", tmp_path / "study").exit_code == 2


def test_results_become_tables(tmp_path: Path) -> None:
    (tmp_path / "mushra.csv").write_text(
        "session_test_id,age,session_uuid,trial_id,rating_stimulus,rating_score,rating_time\n"
        "t,30,u1,trial1,C1,42,100\nt,30,u1,trial1,reference,99,100\n"
    )
    assert run(tmp_path / "mushra.csv", "--out", tmp_path / "old").exit_code == 0
    ratings = pd.read_csv(tmp_path / "old" / "ratings.csv")
    assert ratings[["item", "system", "value"]].to_numpy().tolist() == [
        ["trial1", "C1", 42],
        ["trial1", "reference", 99],
    ]
    systems = pd.read_csv(tmp_path / "old" / "systems.csv")
    assert dict(zip(systems["system"], systems["role"], strict=True))["reference"] == "reference"


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_any_text_survives_the_study_file_and_any_name_is_safe(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    written = study_text({"study": {"title": text}}, "x")
    assert tomllib.loads(written)["study"]["title"] == text
    assert as_name(text)[0].isalnum()
    assert "<p>" not in plain(f"<p>{as_name(text)}</p>")
