"""Where an installation lives on this machine, and the option that chooses it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from spatial.errors import EnvironmentProblem, InvalidInput
from spatial.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
"""The repository, where the launcher and the map's sources are."""
OPEN_HERE = (
    "本机开放:只有本机程序可用,并以操作员身份。Open to this machine only; its programs act as the operator."
)


@dataclass(frozen=True, slots=True)
class Site:
    """One installation: its settings, and the files of its data directory."""

    settings: Settings

    @staticmethod
    def read(data: Path | None = None) -> Site:
        """From the environment, with the directory of ``--data`` where it was given."""
        settings = Settings.read()
        chosen = data or settings.data_dir
        return Site(replace(settings, data_dir=chosen.expanduser().absolute()))

    @staticmethod
    def of_subcommand(data: Path | None) -> Site:
        """Where ``--data`` may stand before or after the subcommand."""
        return Site.read(data or click.get_current_context().find_object(Path))

    @property
    def data_dir(self) -> Path:
        """The private cluster, logs and run state are below it."""
        return self.settings.data_dir

    @property
    def lock(self) -> Path:
        """Held while something is started or stopped."""
        return self.data_dir / "lock"

    @property
    def server_file(self) -> Path:
        """Which process serves, and where."""
        return self.data_dir / "server.json"

    @property
    def server_log(self) -> Path:
        """What the server says."""
        return self.data_dir / "server.log"

    @property
    def worker_file(self) -> Path:
        """Which process keeps the workers."""
        return self.data_dir / "worker.json"

    @property
    def worker_log(self) -> Path:
        """What the workers say."""
        return self.data_dir / "worker.log"

    @property
    def with_mqtt(self) -> Path:
        """Is there where the broker is wanted."""
        return self.data_dir / "with-mqtt"

    @property
    def mqtt_log(self) -> Path:
        """What the broker and its ingester say."""
        return self.data_dir / "mqtt.log"

    @property
    def device_templates(self) -> Path:
        """Templates of this installation's own device types."""
        return self.data_dir / "device-templates"

    @property
    def fonts(self) -> Path:
        """The fonts that were made."""
        return self.data_dir / "fonts"

    @property
    def fonts_file(self) -> Path:
        """Which process makes fonts."""
        return self.data_dir / "fonts.json"

    @property
    def cluster_home(self) -> Path:
        """Home of the private cluster."""
        return self.data_dir / "postgresql"

    @property
    def private(self) -> bool:
        """The platform keeps its own cluster: no server of others was named."""
        return self.settings.database_url is None

    def dsn(self) -> str:
        """How every command reaches the database."""
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict

        from spatial.cluster import Cluster

        given = self.settings.database_url
        if given is None:
            return Cluster(self.cluster_home).dsn()
        try:
            conninfo_to_dict(given)
        except ProgrammingError as failure:  # the text itself may hold a password: it is not repeated
            raise InvalidInput(
                "ONEMAP_DATABASE_URL 不是数据库地址,应如 postgresql://用户@主机/库名",
                "ONEMAP_DATABASE_URL is no address of a database; it looks like postgresql://user@host/name",
                value="ONEMAP_DATABASE_URL",
            ) from failure
        return given

    def prepare(self) -> None:
        """Make the data directory; EnvironmentProblem where that is not allowed."""
        try:
            self.data_dir.mkdir(parents=True)
            self.data_dir.chmod(0o755)
        except FileExistsError:
            pass  # it was there, or another command made it just now
        except (PermissionError, NotADirectoryError) as failure:
            raise self._unusable() from failure
        if not self.data_dir.is_dir() or not os.access(self.data_dir, os.W_OK):
            raise self._unusable()

    def _unusable(self) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"数据目录无法写入,请用 --data 另选目录:{self.data_dir}",
            f"the data directory cannot be written; choose another by --data: {self.data_dir}",
            value=str(self.data_dir),
        )


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--data DIR``: which installation a command is about."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="数据目录 Data directory of the installation; else ONEMAP_DATA, else the default.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``: one JSON document on standard output, for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 One JSON document.")(command)


def site_of(data: Path | None) -> Site:
    """``--data`` may stand before or after the subcommand."""
    return Site.read(data or click.get_current_context().find_object(Path))
