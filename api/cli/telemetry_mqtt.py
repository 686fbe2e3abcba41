"""``telemetry mqtt``: the door of devices that speak MQTT."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.site import Site, data_option
from spatial.errors import InvalidInput

if TYPE_CHECKING:
    from spatial.observe.telemetry.mqtt.broker import Broker
    from spatial.observe.telemetry.mqtt.template import Templates

BROKER = "ONEMAP_MQTT_BROKER"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", re.ASCII)


def broker_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--broker``: which broker a command speaks to."""
    return click.option(
        "--broker",
        "address",
        envvar=BROKER,
        metavar="mqtt://[USER:PASSWORD@]HOST[:PORT]",
        help=f"消息代理 The broker; else {BROKER}, else the one that `up --mqtt` starts.",
    )(command)


def templates_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--templates``: the folder of the installation's own templates."""
    return click.option(
        "--templates",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="设备模板目录 Folder of device templates; else device-templates in the data directory.",
    )(command)


def templates_of(site: Site, folder: Path | None) -> Templates:
    """The templates that are shipped, and those of the installation."""
    from spatial.observe.telemetry.mqtt.template import Templates, read_folder, shipped

    return Templates((*shipped(), *read_folder(folder or site.device_templates)))


def broker_of(site: Site, address: str | None) -> Broker:
    """The broker of an address, or the platform's own."""
    from spatial.observe.telemetry.mqtt.broker import Broker

    host, port = site.settings.mqtt
    return Broker.read(address) if address else Broker(host, port)


@click.command()
@broker_option
@templates_option
@click.option(
    "--name",
    default=socket.gethostname,
    show_default="the machine's name",
    help="名称 Of this ingester; of several each has its own, and keeps it.",
)
@click.option("--share", is_flag=True, help="分担 Share the work with others that are started with --share.")
@click.option(
    "--leave", is_flag=True, help="退出 Take in what waits for this ingester, and let it be forgotten."
)
@data_option
def mqtt(
    address: str | None, templates: Path | None, name: str, share: bool, leave: bool, data: Path | None
) -> None:
    """MQTT 接收 Take in what devices publish until stopped; each message is acknowledged once it is durable.

    A message that comes meanwhile waits at the broker under this name. Of several
    with --share each gets a part, and what waits for one is for nobody else: one
    that shall not come back is taken out by --leave.

    \b
    Example:
      ./onemap telemetry mqtt --broker mqtt://gateway:secret@broker.example
      ./onemap telemetry mqtt --share --name second
    """
    from spatial.observe.telemetry.mqtt.ingesting import ingest
    from spatial.observe.telemetry.recording import Recorder

    _check(name)
    site = Site.of_subcommand(data)
    broker, held = broker_of(site, address), templates_of(site, templates)

    def ready() -> None:
        topics = ", ".join(each.subscription for each in held.all)
        click.echo(f"已订阅 subscribed: {broker.name} {topics}")

    work = ingest(
        site.dsn(),
        Recorder(),
        broker,
        held,
        name,
        shared=share,
        leaving=leave,
        ready=None if leave else ready,
    )
    asyncio.run(work)


@click.command()
@broker_option
@click.option("--name", default="sensorthings", show_default=True, help="名称 Under which progress is kept.")
@data_option
def publish(address: str | None, name: str, data: Path | None) -> None:
    """发布 SensorThings over MQTT: tell subscribers what was written, and take observations, until stopped.

    What was written while it did not run is told when it does. Of several under one
    name one works and the others wait. The broker must speak MQTT 5.

    \b
    Example:
      ./onemap telemetry publish --broker mqtt://platform:secret@broker.example
    """
    from api.sensorthings.asking import ROOT
    from api.sensorthings.mqtt.publishing import serve

    _check(name)
    site = Site.of_subcommand(data)
    settings = site.settings
    url = (settings.base_url or f"http://{settings.host}:{settings.port}") + ROOT
    broker = broker_of(site, address)

    def ready() -> None:
        click.echo(f"正在发布 publishing: {broker.name} v1.1/…")

    asyncio.run(serve(site.dsn(), broker, name, url, ready=ready))


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"名称须为字母、数字和 _ . -,至多 60 个:{name}",
            f"a name is letters, digits and _ . -, 60 at most: {name}",
            value=name,
        )
