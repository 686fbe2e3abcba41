"""PostgreSQL with PostGIS as the machine's packages installed it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spatial.errors import PackagesMissing

LOWEST_VERSION = 15
PROGRAMS = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")


@dataclass(frozen=True, slots=True)
class Installation:
    """One major version of PostgreSQL that has PostGIS beside it."""

    version: int
    programs: Path

    def program(self, name: str) -> str:
        """Path of ``initdb``, ``pg_ctl`` …"""
        return str(self.programs / name)

    @staticmethod
    def find(
        version: int | None = None, programs: Path = PROGRAMS, extensions: Path = EXTENSIONS
    ) -> Installation:
        """The one of this version, or the oldest supported one; PackagesMissing where there is none."""
        held = sorted(
            int(folder.name)
            for folder in programs.glob("[0-9]*")
            if folder.name.isdecimal()
            and (folder / "bin/initdb").exists()
            and (extensions / folder.name / "extension/postgis.control").exists()
        )
        fitting = [number for number in held if number >= LOWEST_VERSION and version in (None, number)]
        if not fitting:
            wanted = version or LOWEST_VERSION
            raise PackagesMissing(
                f"缺少 PostgreSQL {wanted} 与 PostGIS,请执行 ./onemap up 或安装软件包:"
                f"postgresql-{wanted}-postgis-3",
                f"PostgreSQL {wanted} with PostGIS is not installed; run ./onemap up, "
                f"or install the package postgresql-{wanted}-postgis-3",
                value=f"postgresql-{wanted}-postgis-3",
            )
        return Installation(fitting[0], programs / str(fitting[0]) / "bin")
