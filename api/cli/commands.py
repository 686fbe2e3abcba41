"""The list of commands; each is imported only when it is called, so that ``status`` is quick."""

from __future__ import annotations

import importlib
import sys

import click

from api.cli.failure import ending
from spatial import VERSION

COMMANDS = {
    "up": "api.cli.up",
    "down": "api.cli.up",
    "status": "api.cli.status",
    "doctor": "api.cli.doctor",
    "layer": "api.cli.layers",
    "load": "api.cli.exchange",
    "export": "api.cli.exchange",
    "address": "api.cli.address",
    "planning": "api.cli.planning",
    "works": "api.cli.works",
    "warnings": "api.cli.warnings",
    "print": "api.cli.printing",
    "assets": "api.cli.imagery",
    "fonts": "api.cli.fonts",
    "datum": "api.cli.datum",
    "control": "api.cli.control",
    "key": "api.cli.access",
    "grant": "api.cli.access",
    "release": "api.cli.release",
    "audit": "api.cli.access",
    "history": "api.cli.history",
    "proposals": "api.cli.proposals",
    "verify": "api.cli.history",
    "usage": "api.cli.usage",
    "quota": "api.cli.usage",
    "telemetry": "api.cli.telemetry",
    "observations": "api.cli.observations",
    "archive": "api.cli.archive",
    "cameras": "api.cli.cameras",
    "tiles": "api.cli.tiles",
    "worker": "api.cli.worker",
    "jobs": "api.cli.jobs",
    "schedule": "api.cli.schedule",
    "test": "api.cli.testing",
    "serve": "api.cli.server",
    "mqtt": "api.cli.mqtt",
}
HIDDEN = ("serve", "mqtt")
"""What `up` starts."""


_CALLED = {"print": "print_sheet"}
"""What a command is called in its module, where its own name means something else."""


class Commands(click.Group):
    """A group that knows its commands' names and where they live."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order an operator meets them."""
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command = getattr(module, _CALLED.get(cmd_name, cmd_name))
        return command if isinstance(command, click.Command) else None


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name=None, version=VERSION, prog_name="onemap")
def onemap() -> None:
    """一张图 One Map: the spatio-temporal data platform of a county-level city.

    \b
    Example:
      ./onemap up
      ./onemap export base-stations 基站.xlsx
      ./onemap load 基站.xlsx --layer base-stations --partial \\
          --author 张伟 --department 大数据局 --reason 2026年普查
    """


def main() -> None:
    """Run the command of the arguments and end with its exit code."""
    sys.exit(ending(onemap, sys.argv[1:]))
