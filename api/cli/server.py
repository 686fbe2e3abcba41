"""The server's process: started in a session of its own, found again, stopped."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass

import click

from api.cli.background import end_session, launch, record
from api.cli.port import require_free
from api.cli.site import Site
from spatial.errors import EnvironmentProblem
from spatial.process import Process

READY_WITHIN_S = 90.0
STOP_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one data directory."""

    pid: int
    started: str
    host: str
    port: int

    @property
    def process(self) -> Process:
        """Its leading process."""
        return Process(self.pid, self.started)

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{host}:{self.port}"

    @property
    def map_url(self) -> str:
        """The address of the map."""
        return f"{self.url}/map"

    def ready(self, timeout_s: float = 5.0) -> bool:
        """It answers, and can serve."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/health/ready", timeout=timeout_s) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def recorded(site: Site) -> Server | None:
    """The server that was started last, alive or not."""
    try:
        return Server(**json.loads(site.server_file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def running(site: Site) -> Server | None:
    """The server that serves now."""
    server = recorded(site)
    return server if server is not None and server.process.alive else None


def start(site: Site, dsn: str, host: str, port: int) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start the server and wait until it can serve. The caller has made sure that none runs."""
    clear_orphans(site)
    port = require_free(host, port)
    environ = {"ONEMAP_HOST": host, "ONEMAP_PORT": str(port)}
    child = launch(site, dsn, "serve", site.server_log, environ)
    process = Process.of(child.pid)
    server = Server(child.pid, process.started if process else "", host, port)
    record(site.server_file, asdict(server))
    try:
        _await_ready(server, child, site)
    except BaseException:
        stop(site)
        raise
    return server, child


def _await_ready(server: Server, child: subprocess.Popen[bytes], site: Site) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not server.ready():
        if child.poll() is not None or time.monotonic() > deadline:
            tail = site.server_log.read_text(errors="replace").strip().splitlines()[-3:]
            last = tail[-1] if tail else ""
            raise EnvironmentProblem(
                f"服务未能启动,请查看日志 {site.server_log}:{last}",
                f"the server did not start; see the log {site.server_log}: {last}",
                value=last,
            )
        time.sleep(0.05)


def stop(site: Site) -> bool:
    """Stop the server of this data directory, with all its workers; whether it ran."""
    server = recorded(site)
    ran = server is not None and server.process.alive
    if server is not None:
        server.process.stop(STOP_WITHIN_S)
        clear_orphans(site)
        site.server_file.unlink(missing_ok=True)
    return ran


def clear_orphans(site: Site) -> None:
    """End the workers whose leader was killed: they still hold the port."""
    server = recorded(site)
    if server is not None and not server.process.alive:
        end_session(server.pid, site)


@click.command(hidden=True)
def serve() -> None:
    """Serve in this process (what `up` starts).

    \b
    Example:
      ONEMAP_PORT=8370 ./onemap serve
    """
    from api.server import serve as serve_here
    from spatial.settings import Settings

    serve_here(Settings.read())
