"""``usage`` and ``quota``: who called what how often, and what they may."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.failure import EXIT_CODES
from api.cli.site import Site, data_option, json_option
from spatial.errors import IntegrityBroken, InvalidInput, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from spatial.database import Connection
    from spatial.usage.model import Quota

ROWS_MAX = 10_000
COLUMNS = (
    "period",
    "department",
    "credential",
    "collection",
    "operation",
    "status_class",
    "calls",
    "rows",
    "bytes",
    "duration_us",
)


@click.command()
@click.option("--department", help="部门 Only this department.")
@click.option("--from", "since", help="自 From this instant or day on.")
@click.option("--to", "until", help="至 Up to this instant or day.")
@click.option(
    "--by", type=click.Choice(["minute", "day", "month"]), default="month", show_default=True, help="时段."
)
@click.option("--verify", is_flag=True, help="核对 Compare the ledger with a replay of the access log.")
@data_option
@json_option
def usage(
    department: str | None,
    since: str | None,
    until: str | None,
    by: str,
    verify: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """用量台账 Who called what how often: per department, key, layer and operation.

    \b
    Example:
      ./onemap usage --department 水利局 --from 2026-01-01
      ./onemap usage --verify
    """
    from spatial.database import connect
    from spatial.usage import ledger, store
    from spatial.usage.model import Period

    site = Site.read(data)
    with connect(site.dsn()) as connection:
        if site.settings.access_log is not None:
            ledger.ingest(connection, site.settings.access_log)
        if verify:
            _verify(connection, site, as_json=as_json)
            return
        rows = store.report(
            connection,
            period=Period(by),
            department=department,
            since=_instant(since),
            until=_instant(until),
            limit=ROWS_MAX,
        )
    if as_json:
        found = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo("时段 部门 凭证 图层 操作 状态 次数 要素 字节 (period … status, calls, rows, bytes)")
    for period, *names, status_class, calls, features, size, _ in rows:
        click.echo(
            f"{period}  {'  '.join(name or '-' for name in names)}  {status_class}xx  "
            f"{calls}  {features}  {size}"
        )


def _verify(connection: Connection, site: Site, *, as_json: bool) -> None:
    from spatial.errors import Refused
    from spatial.usage import ledger

    folder = site.settings.access_log
    if folder is None:
        raise Refused(
            "没有访问日志可核对:ONEMAP_ACCESS_LOG=off",
            "there is no access log to compare with: ONEMAP_ACCESS_LOG=off",
            value="off",
        )
    found = ledger.verify(connection, folder)
    if as_json:
        click.echo(json.dumps({"ok": found.ok, **asdict(found)}, ensure_ascii=False))
    elif found.ok:
        click.echo(f"台账与访问日志一致 the ledger equals the log: {found.calls} calls, {found.minutes} min")
    for use in found.differing:
        if not as_json:
            click.echo(f"  ≠ {' '.join(map(str, use))}")
    if not found.ok:
        raise click.exceptions.Exit(EXIT_CODES[IntegrityBroken])


def _instant(text: str | None) -> datetime | None:
    from spatial.datum.clock import parse_instant

    return parse_instant(text) if text else None


@click.group()
def quota() -> None:
    """配额 What departments, keys and unnamed addresses may ask.

    \b
    Example:
      ./onemap quota set 水利局 --per-minute 6000 --burst 600 --heavy 8
      ./onemap quota list --json
      ./onemap quota remove 水利局
    """


_subject = click.option(
    "--subject",
    type=click.Choice(["department", "key", "anonymous"]),
    default="department",
    show_default=True,
    help="对象 Whose: a department's, a key's, or each unnamed address's (NAME is then *).",
)


@quota.command("set")
@click.argument("name")
@_subject
@click.option("--per-minute", type=click.IntRange(1), required=True, help="每分钟请求数 Requests a minute.")
@click.option("--burst", type=click.IntRange(1), help="突发 At once after a pause. [a tenth of a minute's]")
@click.option(
    "--heavy",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="同时的检索与写入 Searches and writes at once, in each server process.",
)
@data_option
def quota_set(
    name: str, subject: str, per_minute: int, burst: int | None, heavy: int, data: Path | None
) -> None:
    """设定 Set a quota; * stands for all that have none of their own. In force within seconds.

    \b
    Example:
      ./onemap quota set '*' --per-minute 60000
      ./onemap quota set '*' --subject anonymous --per-minute 600
    """
    from spatial.database import connect
    from spatial.usage import store
    from spatial.usage.model import EVERY, Quota, Subject

    made = Quota(Subject(subject), name, per_minute, burst or max(1, per_minute // 10), heavy)
    if made.subject is Subject.ANONYMOUS and name != EVERY:
        raise InvalidInput(
            f"未署名地址的配额名须为 *:{name}",
            f"the quota of unnamed addresses is named *: {name}",
            value=name,
        )
    with connect(Site.read(data).dsn()) as connection:
        store.set_quota(connection, made)
    click.echo(f"已设定 set: {_line(made)}")


@quota.command("list")
@data_option
@json_option
def quota_list(data: Path | None, as_json: bool) -> None:
    """列出 List the quotas.

    \b
    Example:
      ./onemap quota list
    """
    from spatial.database import connect
    from spatial.usage import store

    with connect(Site.read(data).dsn(), autocommit=True) as connection:
        found = store.quotas(connection)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        click.echo(_line(each))


@quota.command("remove")
@click.argument("name")
@_subject
@data_option
def quota_remove(name: str, subject: str, data: Path | None) -> None:
    """取消 Take a quota away: the one named * holds then, or none.

    \b
    Example:
      ./onemap quota remove 水利局
    """
    from spatial.database import connect
    from spatial.usage import store
    from spatial.usage.model import Subject

    with connect(Site.read(data).dsn()) as connection:
        if not store.remove_quota(connection, Subject(subject), name):
            raise NotFound(f"没有这个配额:{name}", f"there is no such quota: {name}", value=name)
    click.echo(f"已取消 removed: {subject} {name}")


def _line(each: Quota) -> str:
    return (
        f"{each.subject.value:<11} {each.name:<20} {each.requests_per_minute}/min  "
        f"burst {each.burst}  heavy {each.heavy_at_once}"
    )
