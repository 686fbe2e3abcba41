"""How a command ends: the one table of exit codes, and the sentences of an error."""

from __future__ import annotations

import errno
import json
import sys
import traceback
from collections.abc import Sequence

import click

from api.cli.telling import explained
from spatial.errors import (
    Conflict,
    EnvironmentProblem,
    IntegrityBroken,
    InvalidInput,
    NotFound,
    OneMapError,
    Refused,
    TooLarge,
    Unavailable,
)

EXIT_CODES: dict[type[OneMapError], int] = {
    InvalidInput: 2,
    Refused: 3,
    NotFound: 4,
    Conflict: 5,
    TooLarge: 6,
    IntegrityBroken: 7,
    Unavailable: 8,
    EnvironmentProblem: 9,
}
"""Kind of error → exit code. 0 is success, 1 a fault of the platform, 130 an interruption."""

INTERRUPTED = 130
_NO_PLACE = (errno.ENOTDIR, errno.EISDIR, errno.EROFS, errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTEMPTY)
"""A path that the machine does not take: of the user's choosing, no fault of the platform."""
DISK_FULL_STATES = ("53100",)


def exit_code(error: OneMapError) -> int:
    """The exit code of an error's kind."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), 1)


def ending(command: click.Command, arguments: Sequence[str]) -> int:
    """Run the command; its exit code. Expected failures are told without a traceback."""
    try:
        code = command.main(args=list(arguments), prog_name="onemap", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        click.echo("已中断。Interrupted.", err=True)
        return INTERRUPTED
    except click.UsageError as error:
        return _usage(error)
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
        return EXIT_CODES[InvalidInput]
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        return _failed(error, as_json="--json" in arguments)
    return code if isinstance(code, int) else 0


def _usage(error: click.UsageError) -> int:
    command = error.ctx.command_path if error.ctx is not None else "onemap"
    click.echo(f"用法有误,请看 ./{command} --help:{error.format_message()}", err=True)
    click.echo(f"Wrong usage, see ./{command} --help: {error.format_message()}", err=True)
    return EXIT_CODES[InvalidInput]


def _failed(error: Exception, *, as_json: bool) -> int:
    known = expected(error)
    if known is None:
        traceback.print_exception(error)
        click.echo(
            "平台内部错误,请将以上内容报告给维护者。An internal fault; please report the above.", err=True
        )
        return 1
    click.echo(known.zh, err=True)
    click.echo(known.en, err=True)
    for line in explained(known.details):
        click.echo(line, err=True)
    if as_json:
        told = {"code": known.code, "zh": known.zh, "en": known.en, "value": known.value, **known.details}
        click.echo(json.dumps({"error": told}, ensure_ascii=False, default=str))
    return exit_code(known)


def expected(error: Exception) -> OneMapError | None:
    """The error itself, or what the machine's or the database's own error means here."""
    if isinstance(error, OneMapError):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(str(error.filename or ""))
    if isinstance(error, PermissionError):
        return EnvironmentProblem(
            f"没有权限,请换一个用户或位置:{error.filename}",
            f"permission denied; use another user or place: {error.filename}",
            value=str(error.filename),
        )
    if isinstance(error, OSError) and error.errno in _NO_PLACE:
        return EnvironmentProblem(
            f"这个位置不能读写,请换一个位置:{error.filename}",
            f"this place cannot be used ({error.strerror}); choose another: {error.filename}",
            value=str(error.filename),
        )
    return _of_database(error)


def _of_database(error: Exception) -> OneMapError | None:
    import psycopg
    import sqlalchemy.exc

    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state in DISK_FULL_STATES:
        return _disk_full("PostgreSQL")
    if isinstance(cause, psycopg.OperationalError) or isinstance(error, sqlalchemy.exc.OperationalError):
        first = str(cause).strip().splitlines()[0] if str(cause).strip() else ""
        return Unavailable(
            f"数据库中断,请执行 ./onemap up 后重试:{first}",
            f"the database went away; run ./onemap up and try again: {first}",
            value=first,
        )
    return None


def _disk_full(place: str) -> OneMapError:
    from spatial.errors import DiskFull

    return DiskFull(
        f"磁盘已满,请腾出空间后重试:{place}",
        f"the disk is full; make room and try again: {place}",
        value=place,
    )
