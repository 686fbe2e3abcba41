"""mdbtools, Debian's programs that read Access databases. Runs in the reader's process.

A program inherits the reader's fences and is shut up further before it starts:
it can read the database and its libraries, and write to nothing but its pipe.
"""

from __future__ import annotations

import csv
import io
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spatial.errors import EnvironmentProblem, FileTooLarge, UnreadableFile, shorten
from spatial.exchange import confine
from spatial.exchange.mdb import header
from spatial.exchange.sandbox import Job

FOLDER = Path("/usr/bin")
_NAMES = ("mdb-tables", "mdb-schema", "mdb-count", "mdb-export")
_COLUMN = re.compile(r"\t\[(.*)\]\t\t\t(.+?)(?: \([\d, ]+\))?(?: NOT NULL)?,? *")
_CLOCK = "%Y-%m-%dT%H:%M:%S"
NULL = "\x02onemap-null\x03"
"""How a missing value is written; no text of a database is this."""
_LONGEST_CELL = 256 << 20
_SAID = 2000


class ReadAlone(Exception):
    """A database inside an archive or folder: it wants a reader that may start programs."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self.path = path


def programs_for(path: Path) -> tuple[Path, ...]:
    """The programs that reading this file takes; none for all but Access databases."""
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        wanted = header.recognised(file.read(32))
    return tuple(FOLDER / name for name in _NAMES) if wanted else ()


@dataclass(slots=True)
class Tools:
    """mdbtools for one database."""

    path: Path
    job: Job
    charset: str
    """Of the text of Access 97; later versions are Unicode."""
    _settings: Path = field(init=False)

    def __post_init__(self) -> None:
        if not all((FOLDER / name).exists() for name in _NAMES):
            raise EnvironmentProblem(
                "读取 MDB 需要 Debian 软件包 mdbtools,请执行 apt-get install mdbtools 后再试",
                "MDB is read with Debian's package mdbtools; run apt-get install mdbtools and try again",
                value="mdbtools",
            )
        self._settings = Path(self.job.work) / "iconv"
        self._settings.mkdir(exist_ok=True)
        # mdbtools takes Access text for UCS-2, which has no rare characters 生僻字 beyond the first plane.
        (self._settings / "gconv-modules").write_text("alias UCS-2LE// UTF-16LE//\n", encoding="ascii")

    def tables(self, *, system: bool = False) -> list[str]:
        """Names of all tables, of those marked as the system's or hidden only where wanted."""
        return self._lines("mdb-tables", "-1", *(("-S",) if system else ()), "--", str(self.path))

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Name and Access type of each column."""
        bare = ("--no-not-null", "--no-default-values", "--no-indexes", "--no-relations", "--no-comments")
        told = self._lines("mdb-schema", "-T", table, *bare, "--", str(self.path), "access")
        found = [_COLUMN.fullmatch(line) for line in told]
        return [(match[1], match[2]) for match in found if match]

    def count(self, table: str) -> int:
        """Number of rows that the table's definition announces."""
        return int("".join(self._lines("mdb-count", "--", str(self.path), table)) or 0)

    @contextmanager
    def rows(self, table: str) -> Iterator[Iterator[list[str]]]:
        """The rows as text, without header; ``NULL`` for what is missing, bytes as hexadecimal digits."""
        told = ("-H", "-B", "-b", "hex", "-0", NULL, "-D", _CLOCK, "-T", _CLOCK)
        csv.field_size_limit(_LONGEST_CELL)
        with self._started("mdb-export", *told, "--", str(self.path), table) as lines:
            yield csv.reader(lines, strict=True)

    def _lines(self, name: str, *arguments: str) -> list[str]:
        with self._started(name, *arguments) as lines:
            return [line.rstrip("\n") for line in lines if line.rstrip("\n")]

    @contextmanager
    def _started(self, name: str, *arguments: str) -> Iterator[Iterator[str]]:
        """The output of a program that must end well and have nothing to complain of."""
        said = Path(self.job.work) / "mdbtools.txt"
        with said.open("wb") as complaints:
            process = subprocess.Popen(
                [str(FOLDER / name), *arguments],
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=complaints,
                preexec_fn=self._shut_up,
            )
        assert process.stdout is not None
        lines = io.TextIOWrapper(process.stdout, encoding="utf-8", newline="")
        try:
            yield lines
            code = process.wait()
        except (UnicodeDecodeError, csv.Error) as broken:
            raise self._broken(name, str(broken)) from broken
        finally:
            process.kill()
            lines.close()
            process.wait()
        complaint = said.read_bytes()[:_SAID].decode("utf-8", "replace").strip()
        if code < 0:
            self._ended(name, code)
        if code or complaint:
            raise self._broken(name, complaint or f"exit code {code}")

    def _environment(self) -> dict[str, str]:
        return {
            "LC_ALL": "C.UTF-8",
            "MDBICONV": "UTF-8",
            "MDB_JET3_CHARSET": self.charset,
            "GCONV_PATH": str(self._settings),
        }

    def _shut_up(self) -> None:
        confine.die_with_parent()
        confine.read_only(self.path, self._settings, programs_for(self.path))

    def _ended(self, name: str, code: int) -> None:
        if -code in (signal.SIGXCPU, signal.SIGKILL, signal.SIGXFSZ):
            raise FileTooLarge(
                f"{name} 超出时间或大小限制,请拆分:{self.path.name}",
                f"{name} went over a limit of time or size; split the file: {self.path.name}",
                value=self.path.name,
            )

    def _broken(self, name: str, said: str) -> UnreadableFile:
        return UnreadableFile(
            f"Access 数据库损坏或被截断,请在 Access 中“压缩和修复”后再提交:{self.path.name}",
            f"the Access database is damaged or cut off ({name}: {shorten(said, 200)}); "
            f"compact and repair it in Access: {self.path.name}",
            value=self.path.name,
            details={"program": name, "said": said},
        )
