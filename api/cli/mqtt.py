"""The broker beside the server, and who ingests from it 消息代理与接收: kept by one leading process."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from api.cli.keeping import keep
from api.cli.leader import Leader
from api.cli.port import require_free
from api.cli.site import ROOT, Site
from spatial.errors import EnvironmentProblem
from spatial.process import Process

if TYPE_CHECKING:
    from spatial.observe.telemetry.mqtt.mosquitto import Mosquitto

READY_WITHIN_S = 15.0
BESIDE = (("telemetry", "mqtt"), ("telemetry", "publish"))
"""Commands of ours that stand on the broker."""


@click.command(hidden=True)
def mqtt() -> None:
    """Keep the broker, its ingester and its publisher (what `up --mqtt` starts).

    \b
    Example:
      ./onemap mqtt
    """
    site = Site.read()
    keep([partial(_broker, site), *(partial(_beside, command) for command in BESIDE)], ground=1)


def _broker(site: Site) -> subprocess.Popen[bytes]:
    return broker_of(site).start()


def _beside(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-P", "-m", "api.cli", *command], cwd=ROOT)


def broker_of(site: Site) -> Mosquitto:
    """The broker of this installation."""
    from spatial.observe.telemetry.mqtt.mosquitto import Mosquitto

    return Mosquitto(site.data_dir / "mosquitto", *site.settings.mqtt)


def running(site: Site) -> Process | None:
    """The leader that keeps the broker now."""
    return _leader(site).running()


def ensure(site: Site, dsn: str) -> None:
    """Start the broker where it is wanted and does not run; stop it where it is wanted no more."""
    leader = _leader(site)
    if not site.with_mqtt.exists():
        leader.stop()
        return
    if leader.running() is not None:
        return
    leader.stop()
    broker = broker_of(site)
    require_free(broker.host, broker.port)
    broker.prepare()
    leader.ensure(dsn)
    _await(leader, broker, site)


def _await(leader: Leader, broker: Mosquitto, site: Site) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not broker.listening():
        if leader.running() is None or time.monotonic() > deadline:
            leader.stop()
            raise EnvironmentProblem(
                f"消息代理未能启动,请查看日志:{site.mqtt_log}",
                f"the broker did not start; see the log: {site.mqtt_log}",
                value=str(site.mqtt_log),
            )
        time.sleep(0.05)


def stop(site: Site) -> bool:
    """Stop the broker of this data directory, and what stands on it; whether it ran."""
    return _leader(site).stop()


def choose(site: Site, chosen: bool | None) -> None:
    """Remember whether the broker is wanted, where that was said."""
    if chosen is True:
        site.with_mqtt.touch()
    elif chosen is False:
        site.with_mqtt.unlink(missing_ok=True)


def _leader(site: Site) -> Leader:
    return Leader(site, "mqtt", site.data_dir / "mqtt.json", site.mqtt_log)
