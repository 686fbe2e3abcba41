"""``status``: what runs, and where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from api.cli import mqtt, workers
from api.cli.failure import EXIT_CODES
from api.cli.server import running
from api.cli.site import OPEN_HERE, Site, data_option, json_option
from spatial.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Status:
    """What runs of one installation."""

    state: str
    """``running``, ``starting`` (the server does not answer yet or not any more), ``stopped``, ``absent``."""
    map_url: str | None
    server_pid: int | None
    workers_pid: int | None
    """The process that keeps the workers."""
    database: str
    """``running``, ``stopped``, ``absent``, or ``external`` where ONEMAP_DATABASE_URL names it."""
    data_dir: Path
    open_here: bool = False
    """Programs of this machine act as the operator."""
    mqtt_pid: int | None = None
    """The process that keeps the broker, where it is wanted."""

    @staticmethod
    def of(site: Site) -> Status:
        """Look, without starting or changing anything."""
        server = running(site)
        database = _database(site)
        if server is not None:
            state = "running" if server.ready(2.0) else "starting"
        else:
            state = "absent" if database == "absent" else "stopped"
        url, pid = (server.map_url, server.pid) if server else (None, None)
        leader, broker = workers.running(site), mqtt.running(site)
        return Status(
            state,
            url,
            pid,
            leader.pid if leader else None,
            database,
            site.data_dir,
            site.settings.open_here,
            broker.pid if broker else None,
        )

    def to_json(self) -> dict[str, object]:
        """For scripts."""
        return {
            "state": self.state,
            "map": self.map_url,
            "server_pid": self.server_pid,
            "workers_pid": self.workers_pid,
            "mqtt_pid": self.mqtt_pid,
            "database": self.database,
            "data": str(self.data_dir),
            "access": "open" if self.open_here else "guarded",
        }


def _database(site: Site) -> str:
    from spatial.cluster import Cluster

    if not site.private:
        return "external"
    cluster = Cluster(site.cluster_home)
    try:
        if not cluster.made:
            return "absent"
    except PermissionError:
        return "unknown"
    return "running" if cluster.running() else "stopped"


WORDS = {
    "running": "运行中 running",
    "starting": "无应答 not answering",
    "stopped": "已停止 stopped",
    "absent": "尚未建立 not made yet",
    "external": "外部服务器 ONEMAP_DATABASE_URL",
    "unknown": "无权查看 not yours to see",
}


@click.command()
@data_option
@json_option
def status(data: Path | None, as_json: bool) -> None:
    """显示运行状态 Show what runs, and where. Exit code 0 when it serves, 8 when not.

    \b
    Example:
      ./onemap status --json
    """
    found = Status.of(Site.read(data))
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        click.echo(f"服务 server    {WORDS[found.state]}" + (f"  {found.map_url}" if found.map_url else ""))
        click.echo(f"执行 workers   {WORDS['running' if found.workers_pid else 'stopped']}")
        if found.mqtt_pid:
            click.echo(f"消息代理 MQTT   {WORDS['running']}")
        click.echo(f"数据库 database {WORDS[found.database]}")
        click.echo(f"数据 data      {found.data_dir}")
        click.echo(f"访问 access    {OPEN_HERE if found.open_here else '须凭证 by credentials'}")
    if found.state != "running":
        raise click.exceptions.Exit(EXIT_CODES[Unavailable])
