"""``telemetry``: the doors of stations; messages decoded by hand, rejected ones listed and replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.site import Site, data_option, json_option
from api.cli.telemetry_mqtt import mqtt, publish, templates_of, templates_option
from spatial.errors import InvalidInput, shorten

if TYPE_CHECKING:
    from spatial.observe.telemetry.server.door import Channel, Door
    from spatial.observe.telemetry.sl651.values import Value
    from spatial.observe.telemetry.store import Message

SHOWN = 20


@click.group()
@data_option
@click.pass_context
def telemetry(ctx: click.Context, data: Path | None) -> None:
    """遥测报文 Stations: serve them; read a message, list what was rejected, replay it.

    \b
    Example:
      ./onemap telemetry serve --sl651-tcp 0.0.0.0:8651 --hj212-tcp 0.0.0.0:8212
      ./onemap telemetry mqtt --broker mqtt://broker.example
      ./onemap telemetry decode 7E7E010010100001A00032002B02…8397
      ./onemap telemetry rejects --reason bad-crc
    """
    ctx.obj = data


telemetry.add_command(mqtt)
telemetry.add_command(publish)


@telemetry.command()
@click.argument("message")
@json_option
def decode(message: str, as_json: bool) -> None:
    """解析报文 What a message of SL 651 (hexadecimal) or HJ 212 (text from ## on) says.

    \b
    Example:
      ./onemap telemetry decode 7E7E010010100001A00032002B02…8397
    """
    lines = list(_hj212(message) if message.startswith("##") else _sl651(message))
    if as_json:
        click.echo(json.dumps(dict(lines), ensure_ascii=False))
        return
    for name, told in lines:
        click.echo(f"{name}: {told}")


def _sl651(message: str) -> Iterator[tuple[str, str]]:
    from spatial.observe.telemetry.sl651 import frame, functions, values

    try:
        data = bytes.fromhex(message)
    except ValueError as failure:
        shown = shorten(message, 40)
        raise InvalidInput(
            f"报文须为十六进制文本,请核对:{shown}",
            f"a message is hexadecimal text; check it: {shown}",
            value=shown,
        ) from failure
    one = frame.decode(data)
    yield "功能 function", f"{one.function:02X} {functions.name(one.function)}"
    yield "方向 direction", "上行 up" if one.direction is frame.Direction.UP else "下行 down"
    yield "测站 station", f"{one.station.text} ({one.station.kind.value})"
    yield "中心站 centre", str(one.centre)
    if one.packet is not None:
        yield "分包 packet", f"{one.packet.sequence}/{one.packet.total}"
    elif one.direction is frame.Direction.UP:
        body = values.decode_body(one)
        yield "流水号 serial", str(body.serial)
        yield "发报时间 sent", body.sent.isoformat()
        yield from _values(values.values(one, body))


def _values(found: Sequence[Value]) -> Iterator[tuple[str, str]]:
    for n, value in enumerate(found, 1):
        number = value.state.name.lower() if value.number is None else f"{value.number:g} {value.unit or ''}"
        yield f"要素 value {n}", f"{value.station} {value.key} {value.time:%Y-%m-%d %H:%M} {number.strip()}"


def _hj212(message: str) -> Iterator[tuple[str, str]]:
    from spatial.observe.telemetry.hj212 import packet
    from spatial.observe.telemetry.hj212.follow import Follower

    one = packet.decode(message.strip().encode() + packet.END)
    yield from one.fields
    for n, reading in enumerate(Follower().readings(one), 1):
        key = reading.observed_property.partition(":")[2]
        yield f"要素 value {n}", f"{key} {reading.time:%Y-%m-%d %H:%M:%S} {reading.value:g}"


@telemetry.command()
@click.option("--reason", help="原因 Only this reason, as bad-crc.")
@click.option("--device", help="设备 Only this device, as sl651:0010100001.")
@click.option("--unstored", is_flag=True, help="部分未入库 Messages of which values are not stored.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=SHOWN, show_default=True, help="条数 How many."
)
@data_option
@json_option
def rejects(
    reason: str | None, device: str | None, unstored: bool, limit: int, data: Path | None, as_json: bool
) -> None:
    """拒收报文 Messages that were not taken, with the reason; they are kept as they came.

    \b
    Example:
      ./onemap telemetry rejects --reason bad-crc
    """
    from spatial.database import connect
    from spatial.observe.telemetry import store
    from spatial.observe.telemetry.store import Listing

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        state = None if unstored else "rejected"
        asked = Listing(state=state, reason=reason, device=device, unstored=unstored, limit=limit)
        found = store.listed(connection, asked)
    if as_json:
        click.echo(json.dumps([_document(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        whose = f"{one.channel} {one.device or one.peer}"
        click.echo(f"{one.number}  {one.received_at:%Y-%m-%d %H:%M:%S}  {whose}  {_told(one)}")
    click.echo(
        f"共 {len(found)} 条 in all {len(found)}" + (",至多显示此数 the limit" if len(found) == limit else "")
    )


@telemetry.command()
@click.option("--sl651-tcp", multiple=True, metavar="HOST:PORT", help="SL 651 over TCP.")
@click.option("--sl651-udp", multiple=True, metavar="HOST:PORT", help="SL 651 over UDP.")
@click.option("--hj212-tcp", multiple=True, metavar="HOST:PORT", help="HJ 212 over TCP.")
@click.option("--stay", is_flag=True, help="保持在线 Ask stations of SL 651 to stay connected.")
@data_option
def serve(
    sl651_tcp: tuple[str, ...],
    sl651_udp: tuple[str, ...],
    hj212_tcp: tuple[str, ...],
    stay: bool,
    data: Path | None,
) -> None:
    """接收服务 Serve stations until stopped; what has come by then is kept and answered first.

    \b
    Example:
      ./onemap telemetry serve --sl651-tcp 0.0.0.0:8651 --hj212-tcp 0.0.0.0:8212
    """
    import asyncio

    from spatial.observe.telemetry.recording import Recorder
    from spatial.observe.telemetry.server.service import serve as serve_stations

    doors = [
        *(_door("sl651/tcp", place, stay) for place in sl651_tcp),
        *(_door("sl651/udp", place, stay) for place in sl651_udp),
        *(_door("hj212/tcp", place, stay) for place in hj212_tcp),
    ]
    if not doors:
        raise InvalidInput(
            "请至少指定一个端口:--sl651-tcp、--sl651-udp 或 --hj212-tcp",
            "name at least one port: --sl651-tcp, --sl651-udp or --hj212-tcp",
            value="",
        )

    def ready(ports: list[int]) -> None:
        for door, port in zip(doors, ports, strict=True):
            click.echo(f"已监听 listening: {door.channel} {door.host}:{port}")

    asyncio.run(serve_stations(Site.of_subcommand(data).dsn(), Recorder(), doors, ready=ready))


def _door(channel: Channel, place: str, stay: bool) -> Door:
    from spatial.observe.telemetry.server.door import Door

    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise InvalidInput(
            f"监听地址须为 主机:端口:{place}", f"an address is HOST:PORT: {place}", value=place
        )
    return Door(channel, host.strip("[]"), int(port), stay)


@telemetry.command()
@click.option("--reason", help="原因 Only messages rejected for this reason.")
@click.option("--device", help="设备 Only messages of this device.")
@click.option("--unstored", is_flag=True, help="部分未入库 Only messages of which values are not stored.")
@templates_option
@data_option
@json_option
def replay(
    reason: str | None,
    device: str | None,
    unstored: bool,
    templates: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """报文重放 Decode kept messages again and store what is not there yet.

    \b
    Example:
      ./onemap telemetry replay --reason unknown-device --device sl651:0010100001
    """
    from api.sensorthings import kept
    from api.sensorthings.mqtt import creating
    from spatial.database import connect
    from spatial.observe.telemetry import replaying
    from spatial.observe.telemetry.recording import Recorder
    from spatial.observe.telemetry.store import Listing

    site = Site.of_subcommand(data)
    with connect(site.dsn()) as connection:
        asked = Listing(reason=reason, device=device, unstored=unstored)
        held = templates_of(site, templates)
        doors = {creating.CHANNEL: creating.again, kept.CHANNEL: kept.again}
        counts = replaying.replay(connection, asked, Recorder(), held, doors, connection.commit)
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False))
        return
    for told, count in sorted(counts.items()):
        click.echo(f"{told}: {count}")


@telemetry.command(name="back-fill")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--encoding", help="编码 Text encoding, where the file does not tell.")
@data_option
@json_option
def back_fill(file: Path, encoding: str | None, data: Path | None, as_json: bool) -> None:
    """历史回补 Observations from a CSV file; each row is taken or refused by itself.

    \b
    Example:
      ./onemap telemetry back-fill 2018.csv
    """
    from datetime import datetime

    from spatial.database import connect
    from spatial.datum import BEIJING
    from spatial.observe.telemetry import backfill
    from spatial.observe.telemetry.recording import Recorder

    with connect(Site.of_subcommand(data).dsn()) as connection:
        now = datetime.now(BEIJING)
        report = backfill.back_fill(
            connection, Recorder(), file.read_bytes(), file.name, now, option=encoding
        )
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    for refusal in report.refusals:
        click.echo(f"第 {refusal.row} 行 row: {refusal.zh} {refusal.en}")
    known = ",此文件已回补过 taken before" if report.known else ""
    click.echo(
        f"已收 taken {report.taken},拒收 refused {report.refused},重复 repeated {report.repeated}{known}"
    )


def _told(one: Message) -> str:
    from spatial.observe.telemetry.errors import Reason

    if one.reason is None:
        return f"部分未入库 unstored {one.unstored}: {one.detail or ''}"
    return f"{Reason(one.reason).zh} {one.reason}: {one.detail or ''}"


def _document(one: Message) -> dict[str, object]:
    return {
        "message": one.number,
        "received_at": one.received_at.isoformat(),
        "channel": one.channel,
        "peer": one.peer,
        "device": one.device,
        "reason": one.reason,
        "detail": one.detail,
        "unstored": one.unstored,
        "bytes": one.data.hex(),
    }
