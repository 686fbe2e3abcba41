"""Life of the private cluster: made, started, stopped, found again after a crash."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from spatial.cluster import tuning
from spatial.cluster.account import Account
from spatial.cluster.installation import Installation
from spatial.cluster.store import create_database
from spatial.errors import DiskFull, EnvironmentProblem, Unavailable
from spatial.lock import exclusive
from spatial.process import Process, working_in

ROLE = "onemap"
DATABASE = "onemap"
LONGEST_SOCKET_PATH = 107
"""Bytes of ``sun_path`` without its closing zero."""
FREE_BYTES = 2 << 30
RECOVERED_WITHIN_S = 60.0
LOGS_KEPT = 6
NOT_YET_GONE = ("pre-existing shared memory block", 'lock file "')
NO_SPACE = "No space left on device"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostGIS cluster that belongs to one data directory and listens on its own socket only.

    Who may come in: the operating system users who own it, root, and whoever
    made it; the kernel vouches for them (peer), no password exists.
    """

    home: Path
    durable: bool = True
    """False for test clusters alone: nothing is forced to disk."""

    @property
    def data(self) -> Path:
        """PostgreSQL's own directory; it appears under this name when it is whole."""
        return self.home / "data"

    @property
    def logs(self) -> Path:
        """Log files, eight MiB each, the newest few kept."""
        return self.home / "log"

    @property
    def socket_dir(self) -> Path:
        """Where the socket is: beside the data, or a short place when that path is too long."""
        beside = self.home / "socket"
        if len(os.fsencode(beside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
            return beside
        digest = hashlib.sha256(os.fsencode(self.home.absolute())).hexdigest()[:16]
        return Path("/tmp") / f"onemap-{digest}"

    def dsn(self, database: str = DATABASE) -> str:
        """How to connect, for every door."""
        return make_conninfo("", host=str(self.socket_dir), port=5432, user=ROLE, dbname=database)

    @property
    def made(self) -> bool:
        """The cluster exists and is whole."""
        return (self.data / "PG_VERSION").exists()

    def running(self) -> Process | None:
        """The postmaster of this directory, and no other process that has its old number."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        process = Process.of(number)
        return process if process is not None and process.directory == self.data.resolve() else None

    def up(self) -> bool:
        """Make and start what is missing; whether anything had to be started."""
        if not self.home.parent.exists():
            self.home.parent.mkdir(parents=True)
            self.home.parent.chmod(0o755)
        account = Account.choose(self.home)
        account.directory(self.home)
        account.require_reach(self.home)
        started = False
        deadline = time.monotonic() + RECOVERED_WITHIN_S
        while True:
            with exclusive(self.home / "lock"):
                if not self.made:
                    self._make(account)
                if self.running() is None:
                    self._start(account)
                    started = True
            try:
                create_database(self.dsn("postgres"), DATABASE)
            except Unavailable:  # it recovers from a crash, or was just about to die
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return started

    def down(self) -> bool:
        """Stop it, finishing what is written; whether it ran."""
        if self.running() is None:
            return False
        account = Account.choose(self.home)
        with exclusive(self.home / "lock"):
            for mode in ("fast", "immediate"):
                process = self.running()
                if process is None:
                    break
                arguments = ["stop", "-D", str(self.data), "-m", mode, "-w", "-t", "60"]
                account.run([self._installation().program("pg_ctl"), *arguments])
        if (process := self.running()) is not None:
            raise Unavailable(
                f"数据库未能停止,请查看日志 {self.logs};进程号:{process.pid}",
                f"the database did not stop; see the logs in {self.logs}; process {process.pid}",
                value=process.pid,
            )
        return True

    def _installation(self) -> Installation:
        version = int((self.data / "PG_VERSION").read_text()) if self.made else None
        return Installation.find(version)

    def _make(self, account: Account) -> None:
        for remnant in self.home.glob("data.making*"):
            shutil.rmtree(remnant)
        if self.durable:
            require_space(self.home)
        making = self.home / "data.making"
        arguments = ["-D", str(making), "-U", ROLE, "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"]
        if not self.durable:
            arguments.append("--no-sync")
        done = account.run([self._installation().program("initdb"), *arguments])
        if done.returncode != 0:
            raise self._failure("数据库无法建立", "the database could not be made", done.stdout + done.stderr)
        admitted = sorted({account.name, Account.by_uid(0).name, Account.by_uid(os.geteuid()).name})
        account.write(making / "pg_hba.conf", "local all all peer map=onemap\n")
        account.write(making / "pg_ident.conf", "".join(f'onemap "{name}" {ROLE}\n' for name in admitted))
        with (making / "postgresql.conf").open("a") as file:
            file.write("\ninclude_if_exists = 'onemap.conf'\n")
        making.rename(self.data)

    def _start(self, account: Account) -> None:
        account.directory(self.logs)
        account.directory(self.socket_dir)
        self._prune_logs()
        values = tuning.settings(tuning.memory_bytes(), self.socket_dir, self.logs, durable=self.durable)
        account.write(self.data / "onemap.conf", tuning.text(values))
        first_words = self.logs / "start.log"
        deadline = time.monotonic() + 20
        while True:
            self._forget_dead_postmaster()
            first_words.unlink(missing_ok=True)
            arguments = ["start", "-D", str(self.data), "-l", str(first_words), "-w", "-t", "300"]
            done = account.run([self._installation().program("pg_ctl"), *arguments])
            if done.returncode == 0:
                return
            said = self._last_words(first_words, done.stdout + done.stderr)
            # A killed postmaster's children need a moment to notice; until then they hold its memory.
            if not any(words in said for words in NOT_YET_GONE) or time.monotonic() > deadline:
                raise self._failure("数据库无法启动", "the database could not be started", said)
            time.sleep(0.2)

    def _forget_dead_postmaster(self) -> None:
        """Drop the lock files of a killed postmaster when no process works in the directory any more.

        PostgreSQL does so itself unless the number is taken: by a stranger, or by
        the dead one that nobody buried. The files protect against its living children.
        """
        if self.running() is None and not working_in(self.data.resolve()):
            for file in (self.data / "postmaster.pid", self.socket_dir / ".s.PGSQL.5432.lock"):
                file.unlink(missing_ok=True)

    def _prune_logs(self) -> None:
        for old in sorted(self.logs.glob("postgresql-*.log"))[:-LOGS_KEPT]:
            old.unlink()

    def _last_words(self, first_words: Path, said: str) -> str:
        newest = sorted(self.logs.glob("postgresql-*.log"))[-1:]
        texts = [path.read_text(errors="replace")[-4000:] for path in (first_words, *newest) if path.exists()]
        return "\n".join([said, *texts])

    def _failure(self, zh: str, en: str, said: str) -> EnvironmentProblem:
        if NO_SPACE in said:
            return disk_full(self.home)
        telling = [line for line in said.splitlines() if "FATAL" in line or "error" in line.lower()]
        last = (telling or said.strip().splitlines() or [""])[-1].strip()
        return EnvironmentProblem(
            f"{zh},请查看日志 {self.logs}:{last}", f"{en}; see the logs in {self.logs}: {last}", value=last
        )


def require_space(place: Path, bytes_needed: int = FREE_BYTES) -> None:
    """Refuse to begin where the disk would fill up midway."""
    if shutil.disk_usage(place).free < bytes_needed:
        raise disk_full(place)


def disk_full(place: Path) -> DiskFull:
    """The one sentence about a full disk."""
    free_mib = shutil.disk_usage(place).free >> 20 if place.exists() else 0
    return DiskFull(
        f"磁盘空间不足(余 {free_mib} MiB,需 {FREE_BYTES >> 20} MiB),请腾出空间或用 --data 另选目录:{place}",
        f"the disk is full ({free_mib} MiB left, {FREE_BYTES >> 20} MiB needed); "
        f"make room or choose another directory by --data: {place}",
        value=str(place),
    )


@contextmanager
def throwaway(base: Path | None = None) -> Iterator[Cluster]:
    """A cluster for tests: nothing is forced to disk, everything is gone afterwards.

    It lies in a folder of its own below ``base``, by default the one for temporary
    files. Leftovers of a run that was killed are cleared by the next one there.
    """
    prefix = f"onemap-test-{os.geteuid()}-"
    base = base or Path(tempfile.gettempdir())
    for old in base.glob(f"{prefix}*"):
        owner, _, started = (
            (old / "owner").read_text().partition(" ") if (old / "owner").exists() else ("", "", "")
        )
        if owner and not Process(int(owner), started).alive:
            _discard(Cluster(old / "postgresql", durable=False))
    place = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    place.chmod(0o755)
    maker = Process.of(os.getpid())
    assert maker is not None
    (place / "owner").write_text(f"{maker.pid} {maker.started}")
    cluster = Cluster(place / "postgresql", durable=False)
    try:
        cluster.up()
        yield cluster
    finally:
        _discard(cluster)


def _discard(cluster: Cluster) -> None:
    if cluster.home.exists():
        cluster.down()
    shutil.rmtree(cluster.home.parent)
