"""The protocol for an ethics board says what the study does, and marks what only people know."""

from __future__ import annotations

from click.testing import CliRunner

from earwitness.app.commands.protocol import protocol_command
from earwitness.stimuli.study import StudyFolder


def test_the_protocol_states_what_the_study_does_and_marks_what_is_open(
    folder: StudyFolder,
) -> None:
    done = CliRunner().invoke(protocol_command, [str(folder.root)])
    assert done.exit_code == 0, done.output
    text = (folder.root / "protocol.md").read_text()
    for stated in (
        "# Protocol: A test",
        "> Please read this.",
        "- I am 18 or older.",
        "- Age? (18-29; 30+)",
        "screens with audio",
        "-1 dBTP",
        "Approval or exemption: […]",
        "Not stored or logged: name, IP address",
    ):
        assert stated in text, stated
