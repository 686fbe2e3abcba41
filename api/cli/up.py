"""``up`` and ``down``: from a machine with packages to a running one map, and back."""

from __future__ import annotations

import os
import subprocess
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli import compiled, fonts, mqtt, workers
from api.cli.assets import build_assets
from api.cli.interruption import stopping_on_signals
from api.cli.server import Server, recorded, running, start, stop
from api.cli.site import OPEN_HERE, ROOT, Site, data_option
from api.cli.steps import step
from spatial.lock import exclusive

if TYPE_CHECKING:
    from spatial.catalogue.provision import Provision


@click.command()
@data_option
@click.option("--port", type=click.IntRange(0, 65535), help="端口 Port; 0 takes a free one. [8370]")
@click.option("--detach", is_flag=True, help="在后台运行 Return when it serves; `down` stops it.")
@click.option(
    "--sample/--no-sample",
    default=None,
    help="样例城市 With the sample city, or empty; remembered.",
)
@click.option(
    "--mqtt/--no-mqtt",
    "with_mqtt",
    default=None,
    help="消息代理 With a broker for devices that speak MQTT; remembered.",
)
@click.option("--no-browser", is_flag=True, help="不打开浏览器 Open no browser.")
def up(
    data: Path | None,
    port: int | None,
    detach: bool,
    sample: bool | None,
    with_mqtt: bool | None,
    no_browser: bool,
) -> None:
    """准备、启动并给出地图地址 Make ready, start, and print the address of the map.

    Safe to run twice and to interrupt: what is done already is found and kept.
    In the foreground, Ctrl-C stops what was started.

    \b
    Example:
      ./onemap up
      ./onemap up --detach --port 9000 --data /srv/onemap --no-browser
    """
    site = Site.read(data)
    site.prepare()
    mqtt.choose(site, with_mqtt)
    with stopping_on_signals():
        with exclusive(site.lock, _waiting):
            server = running(site)
            if server is not None and server.ready():
                workers.ensure(site, site.dsn())
                mqtt.ensure(site, site.dsn())
                _present(server, site, port, no_browser)
                return
            child, started_cluster = _bring_up(site, port, sample=wants_sample(site, sample))
        serving = running(site)
        if serving is not None:
            _present(serving, site, None, no_browser)
        if not detach:
            _stay(site, child, started_cluster)


def _bring_up(site: Site, port: int | None, *, sample: bool) -> tuple[subprocess.Popen[bytes], bool]:
    stop(site)
    workers.stop(site)
    mqtt.stop(site)
    build_assets(ROOT)
    started = make_database(site)
    try:
        dsn = site.dsn()
        migrate(dsn)
        renew_layers(dsn)
        fonts.ensure(site, dsn)
        with compiled.meanwhile():
            if sample:
                load_sample(dsn)
        with step("服务 server"):
            settings = site.settings
            _, child = start(site, dsn, settings.host, settings.port if port is None else port)
            workers.ensure(site, dsn)
        if site.with_mqtt.exists():
            with step("消息代理 broker (MQTT)"):
                mqtt.ensure(site, dsn)
    except BaseException:
        fonts.stop(site)
        if started:
            _stop_cluster(site)
        raise
    return child, started


def wants_sample(site: Site, chosen: bool | None) -> bool:
    """Whether the sample city belongs here: as chosen now, else as chosen before, else it does."""
    without = site.data_dir / "without-sample"
    if chosen is True:
        without.unlink(missing_ok=True)
    elif chosen is False:
        without.touch()
    return not without.exists()


def make_database(site: Site) -> bool:
    """Make and start the private cluster, or check the named server; whether one was started."""
    from spatial.cluster import Cluster, require_database

    if not site.private:
        with step("数据库 database (ONEMAP_DATABASE_URL)"):
            require_database(site.dsn())
        return False
    cluster = Cluster(site.cluster_home)
    with step("数据库 database" if cluster.made else "建立数据库 making the database"):
        return cluster.up()


def migrate(dsn: str) -> None:
    """Bring the schema to its newest revision."""
    from spatial import migrations

    with step("数据库结构 schema"):
        if not migrations.is_newest(dsn):
            migrations.upgrade(dsn)


def renew_layers(dsn: str) -> None:
    """Take the layers in service to the contracts of this release; say which stay as the city has them."""
    from spatial.catalogue.declaration import all_shipped
    from spatial.catalogue.provision import renew
    from spatial.database import connect

    with step("平台图层契约 contracts of the platform's layers"):
        contracts = [
            each for package in ("spatial", "address", "planning", "water") for each in all_shipped(package)
        ]
        with connect(dsn) as connection:
            for each in renew(connection, contracts):
                for line in _told(each):
                    click.echo(f"  {line}", err=True)


def _told(provision: Provision) -> Iterator[str]:
    layer, fields = provision.contract.id, ", ".join(provision.lacking)
    if provision.outcome == "taken":
        yield f"已更新到本版契约 taken to the contract of this release: {layer}"
    elif provision.obstacle is not None:
        yield f"保持原契约 keeps its contract: {layer}: {provision.obstacle}"
    elif fields:
        yield (
            f"契约由本市自定,保持不变;平台契约另有字段,可用 ./onemap layer add 补上:{layer}:{fields}"
            " The contract is the city's own and stays; the platform's has further fields,"
            f" which ./onemap layer add can add: {layer}: {fields}"
        )


def load_sample(dsn: str) -> None:
    """Load the sample city, its address register, plans and rivers where they are not there yet."""
    from address.sample import loading
    from planning.sample import loading as planned
    from spatial import sample
    from spatial.sample import assets, observations
    from water.forecast.sample import issuing
    from water.forecast.sample import loading as records
    from water.plans import sample as response_plans
    from water.sample import loading as rivers
    from water.warning import sample as warnings
    from water.works import loading as works

    parts: tuple[tuple[str, Callable[..., object]], ...] = (
        ("样例城市(合成数据) sample city (synthetic)", sample.build),
        ("样例地址登记簿(合成数据) sample address register (synthetic)", loading.build),
        ("样例资产(合成数据) sample assets (synthetic)", assets.build),
        ("样例观测(合成数据) sample observations (synthetic)", observations.build),
        ("样例规划数据(合成数据) sample plans (synthetic)", planned.build),
        ("样例河网(合成数据) sample rivers (synthetic)", rivers.build),
        ("河流工程与有出处的主张 works of the rivers and sourced claims", works.build),
        ("样例雨量与流量(合成数据) sample rain and discharge (synthetic)", records.build),
        ("样例预报方案与预报(合成数据) sample forecast model and forecast (synthetic)", issuing.build),
        ("样例应急预案(合成数据) sample response plan (synthetic)", response_plans.build),
        ("预警规则与样例预警(合成数据) rules of warnings, sample warnings (synthetic)", warnings.build),
    )
    for name, build in parts:
        with step(name):
            build(dsn, progress=lambda line: click.echo(f"  {line}", err=True))


def _present(server: Server, site: Site, port: int | None, no_browser: bool) -> None:
    if port not in (None, 0, server.port):
        click.echo(f"已在端口 {server.port} 运行;换端口请先 ./onemap down。", err=True)
        click.echo(
            f"Already running on port {server.port}; run ./onemap down before you change it.", err=True
        )
    if site.settings.open_here:
        click.echo(OPEN_HERE, err=True)
    if site.settings.mqtt_endpoint:
        click.echo(f"消息代理 MQTT: {site.settings.mqtt_endpoint}", err=True)
    click.echo(f"一张图 One Map: {server.map_url}")
    if not no_browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(server.map_url)


def _stay(site: Site, child: subprocess.Popen[bytes], started_cluster: bool) -> None:
    click.echo("按 Ctrl-C 停止。Press Ctrl-C to stop.", err=True)
    try:
        child.wait()
    finally:
        with exclusive(site.lock):
            server = recorded(site)
            if server is None or server.pid == child.pid:  # else another `up` has taken over
                stop(site)
                workers.stop(site)
                mqtt.stop(site)
                fonts.stop(site)
                if started_cluster:
                    _stop_cluster(site)
    raise SystemExit(child.returncode and 1)


def _stop_cluster(site: Site) -> None:
    from spatial.cluster import Cluster

    Cluster(site.cluster_home).down()


@click.command()
@data_option
def down(data: Path | None) -> None:
    """停止服务与私有数据库 Stop the server and the private database of this data directory.

    \b
    Example:
      ./onemap down
    """
    from spatial.cluster import Cluster

    site = Site.read(data)
    if not site.data_dir.exists():
        click.echo("没有在运行。Nothing runs here.")
        return
    with exclusive(site.lock, _waiting):
        ran = stop(site)
        ran = workers.stop(site) or ran
        ran = mqtt.stop(site) or ran
        fonts.stop(site)
        if site.private:
            ran = Cluster(site.cluster_home).down() or ran
    click.echo("已停止。Stopped." if ran else "没有在运行。Nothing runs here.")


def _waiting() -> None:
    click.echo(
        "另一个命令正在启动或停止,等待其完成… Another command is starting or stopping it; waiting.", err=True
    )
