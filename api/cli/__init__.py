"""The command line 命令行: what an operator and a department's clerk do with One Map."""

from api.cli.commands import main

__all__ = ["main"]
