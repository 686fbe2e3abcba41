"""``telemetry``: messages of stations, decoded by hand; what was rejected, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.site import Site, data_option, json_option
from spatial.errors import InvalidInput

if TYPE_CHECKING:
    from spatial.observe.telemetry.sl651.values import Value
    from spatial.observe.telemetry.store import Message

SHOWN = 20


@click.group()
@data_option
@click.pass_context
def telemetry(ctx: click.Context, data: Path | None) -> None:
    """遥测报文 Messages of stations: read one, list what was rejected.

    \b
    Example:
      ./onemap telemetry decode 7E7E010010100001A00032002B02…8397
      ./onemap telemetry rejects --reason bad-crc
    """
    ctx.obj = data


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
        raise InvalidInput(
            f"报文须为十六进制文本,请核对:{message[:40]}",
            f"a message is hexadecimal text; check it: {message[:40]}",
            value=message[:40],
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
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=SHOWN, show_default=True, help="条数 How many."
)
@data_option
@json_option
def rejects(reason: str | None, device: str | None, limit: int, data: Path | None, as_json: bool) -> None:
    """拒收报文 Messages that were not taken, with the reason; they are kept as they came.

    \b
    Example:
      ./onemap telemetry rejects --reason bad-crc
    """
    from spatial.database import connect
    from spatial.observe.telemetry import store
    from spatial.observe.telemetry.store import Listing

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        found = store.listed(connection, Listing(state="rejected", reason=reason, device=device, limit=limit))
    if as_json:
        click.echo(json.dumps([_document(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        whose = f"{one.channel} {one.device or one.peer}"
        click.echo(f"{one.number}  {one.received_at:%Y-%m-%d %H:%M:%S}  {whose}  {_told(one)}")
    click.echo(
        f"共 {len(found)} 条 in all {len(found)}" + (",至多显示此数 the limit" if len(found) == limit else "")
    )


def _told(one: Message) -> str:
    from spatial.observe.telemetry.errors import Reason

    assert one.reason is not None
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
        "bytes": one.data.hex(),
    }
