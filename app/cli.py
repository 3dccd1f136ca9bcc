"""The command `earwitness`: one group whose subcommands are imported when they are called."""

from __future__ import annotations

from importlib import import_module

import click

# Name → where the command is. The order is the one of the loop and of `earwitness --help`.
COMMANDS = {
    "demo": "earwitness.app.commands.demo:demo_command",
    "evaluate": "earwitness.evaluation.cli:evaluate_command",
    "prepare": "earwitness.app.commands.prepare:prepare_command",
    "plan": "earwitness.app.commands.plan:plan_command",
    "protocol": "earwitness.app.commands.protocol:protocol_command",
    "serve": "earwitness.app.commands.serve:serve_command",
    "simulate": "earwitness.app.commands.simulate:simulate_command",
    "export": "earwitness.app.commands.export:export_command",
    "report": "earwitness.app.commands.report:report_command",
    "import": "earwitness.app.commands.import_:import_command",
    "metrics": "earwitness.evaluation.cli:metrics_command",
    "db": "earwitness.app.commands.db:db_command",
    "doctor": "earwitness.app.commands.doctor:doctor_command",
}


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when it is needed: `serve` never loads torch."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="earwitness")
def main() -> None:
    """From audio models to a listening test to a report that a reviewer accepts."""
