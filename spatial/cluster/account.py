"""Whom the private cluster belongs to: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial.errors import EnvironmentProblem, PackagesMissing

SERVICE_USER = "postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """An operating system user who owns a cluster's files and processes."""

    name: str
    uid: int
    gid: int

    @staticmethod
    def choose(home: Path) -> Account:
        """The owner of the cluster in ``home``; for a new one the caller, or ``postgres`` for root."""
        caller = os.geteuid()
        owner = home.stat().st_uid if home.exists() else caller
        if caller == 0:
            return Account.by_uid(owner) if owner else Account.service()
        if owner != caller:
            name = Account.by_uid(owner).name
            raise EnvironmentProblem(
                f"数据目录属于用户 {name},请以该用户或 root 运行,或用 --data 另选目录:{home}",
                f"the data directory belongs to user {name}; run as that user or root, "
                f"or choose another by --data: {home}",
                value=str(home),
            )
        return Account.by_uid(caller)

    @staticmethod
    def by_uid(uid: int) -> Account:
        """The user of that number, also where it has no name (as in some containers)."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return Account(str(uid), uid, os.getegid())
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @staticmethod
    def service() -> Account:
        """User ``postgres``, which the PostgreSQL package makes."""
        try:
            entry = pwd.getpwnam(SERVICE_USER)
        except KeyError as missing:
            raise PackagesMissing(
                f"系统没有用户 {SERVICE_USER},请先安装 PostgreSQL 软件包(./onemap up 会安装):postgresql",
                f"there is no user {SERVICE_USER}; install PostgreSQL first (./onemap up does): postgresql",
                value=SERVICE_USER,
            ) from missing
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this user; its output is captured."""
        environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"}
        if os.geteuid() != 0:
            return subprocess.run(
                arguments, cwd="/", env=environ, capture_output=True, text=True, check=False
            )
        return subprocess.run(
            arguments,
            cwd="/",
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=[],
        )

    def directory(self, path: Path) -> Path:
        """This directory, made where missing, owned by this user and closed to others."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.own(path)
        found = path.lstat()
        if found.st_uid != self.uid or not path.is_dir() or path.is_symlink():
            raise EnvironmentProblem(
                f"目录不属于用户 {self.name},请删除它或用 --data 另选目录:{path}",
                f"the directory does not belong to user {self.name}; "
                f"remove it or choose another by --data: {path}",
                value=str(path),
            )
        path.chmod(0o700)
        return path

    def write(self, path: Path, text: str) -> None:
        """Replace a file as a whole; never half of it is seen."""
        part = path.with_name(f"{path.name}.part")
        part.write_text(text)
        part.chmod(0o600)
        self.own(part)
        part.replace(path)

    def own(self, path: Path) -> None:
        """Hand a file of root's over to this user."""
        if os.geteuid() == 0 and not path.is_symlink():
            os.chown(path, self.uid, self.gid)

    def require_reach(self, path: Path) -> None:
        """Refuse a place that this user cannot get to, as the home of root is for others."""
        if self.run(["test", "-w", str(path)]).returncode != 0:
            raise EnvironmentProblem(
                f"用户 {self.name} 无法到达数据目录,请用 --data 另选目录(如 /var/lib/onemap):{path}",
                f"user {self.name} cannot reach the data directory; "
                f"choose another by --data (such as /var/lib/onemap): {path}",
                value=str(path),
            )
