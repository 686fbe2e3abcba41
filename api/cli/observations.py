"""``observations``: closed days as files, how long values are kept, and bringing them back."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

import click

from api.cli.site import Site, data_option, json_option
from spatial.errors import shorten

FOLDER = "observations"
"""Of the data directory: files of closed days."""


@click.group()
@data_option
@click.pass_context
def observations(ctx: click.Context, data: Path | None) -> None:
    """观测归档 Observations: close days to files, let old months go, bring them back.

    \b
    Example:
      ./onemap observations close-days
      ./onemap observations keep 36 --basis 数据管理办法第八条
      ./onemap observations retire
      ./onemap observations restore 2024-03
      ./onemap observations nightly 02:15
    """
    ctx.obj = data


@observations.command("close-days")
@data_option
@json_option
def close_days(data: Path | None, as_json: bool) -> None:
    """日归档 Write every day that is over as GeoParquet, and again where its values changed.

    Meant to run every night; it writes only what is not written yet.

    \b
    Example:
      ./onemap observations close-days
    """
    from spatial.database import connect
    from spatial.observe.archive.closing import close_days as close
    from spatial.observe.archive.store import DayFile

    site = Site.of_subcommand(data)

    def tell(made: DayFile) -> None:
        if not as_json:
            click.echo(f"✓ {made.day}  第 {made.version} 版 version  {made.rows} 个 values  {made.path}")

    with connect(site.dsn(), autocommit=True) as connection:
        found = close(connection, site.data_dir / FOLDER, tell=tell)
    if as_json:
        told = [
            {
                "day": each.day.isoformat(),
                "version": each.version,
                "path": each.path,
                "rows": each.rows,
                "bytes": each.bytes,
                "sha256": each.sha256.hex(),
            }
            for each in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"共 {len(found)} 天 days in all {len(found)}")


@observations.command()
@click.argument("months")
@click.option("--basis", required=True, help="依据 On what basis, as a regulation.")
@data_option
def keep(months: str, basis: str, data: Path | None) -> None:
    """保存期限 Keep so many whole months in the database before the one under way; all of them with `all`.

    \b
    Example:
      ./onemap observations keep 36 --basis 数据管理办法第八条
    """
    from spatial.database import connect
    from spatial.observe.archive import retention
    from spatial.observe.archive.errors import BadRetention

    if months != "all" and not (months.isascii() and months.isdecimal() and len(months) <= 5):
        shown = shorten(months, 40)
        raise BadRetention(
            f"须为月数或 all:{shown}", f"must be a number of months or all: {shown}", value=shown
        )
    with connect(Site.of_subcommand(data).dsn()) as connection:
        retention.declare(connection, None if months == "all" else int(months), basis)
    click.echo(f"已设定 set: {months}({basis})")


@observations.command()
@data_option
@json_option
def retire(data: Path | None, as_json: bool) -> None:
    """移出过期月份 Let the months go that are older than is kept, each after its files were proven.

    \b
    Example:
      ./onemap observations retire
    """
    from spatial.database import connect
    from spatial.observe.archive.retention import retire as let_go

    site = Site.of_subcommand(data)
    with connect(site.dsn(), autocommit=True) as connection:
        gone = let_go(connection, site.data_dir / FOLDER)
    names = [each.name for each in gone]
    if as_json:
        click.echo(json.dumps({"away": names}))
        return
    click.echo(f"已移出 away now: {', '.join(names) or '–'}")


@observations.command()
@click.argument("period")
@data_option
@json_option
def restore(period: str, data: Path | None, as_json: bool) -> None:
    """调回 Bring a month (before 2010 a year) back from its files.

    \b
    Example:
      ./onemap observations restore 2024-03
    """
    from spatial.database import connect
    from spatial.observe.archive.retention import restore as bring_back

    site = Site.of_subcommand(data)
    with connect(site.dsn(), autocommit=True) as connection:
        values = bring_back(connection, site.data_dir / FOLDER, period)
    if as_json:
        click.echo(json.dumps({"period": period, "values": values}))
        return
    click.echo(f"已调回 restored: {period},{values} 个 values")


@observations.command()
@click.argument("at", required=False)
@data_option
def nightly(at: str | None, data: Path | None) -> None:
    """每夜归档 When the workers of `up` close days and let months go by themselves: a time, or `off`.

    \b
    Example:
      ./onemap observations nightly
      ./onemap observations nightly 02:15
      ./onemap observations nightly off
    """
    from datetime import time

    from spatial.database import connect
    from spatial.errors import InvalidInput
    from spatial.observe.archive import nightly_store
    from spatial.observe.archive.nightly import due

    with connect(Site.of_subcommand(data).dsn()) as connection:
        if at is not None:
            try:
                chosen = None if at == "off" else time.fromisoformat(at)
            except ValueError:
                chosen = time(tzinfo=UTC)
            if chosen is not None and chosen.tzinfo is not None:
                shown = shorten(at, 20)
                raise InvalidInput(
                    f"须为时刻(北京时间)或 off,如 02:15:{shown}",
                    f"must be a time of day (Beijing) or off, such as 02:15: {shown}",
                    value=shown,
                )
            nightly_store.declare(connection, chosen)
            connection.commit()
        then = due(connection)
    click.echo("已停用 switched off" if then is None else f"下次 next {then:%Y-%m-%d %H:%M}")


@observations.command()
@data_option
@json_option
def status(data: Path | None, as_json: bool) -> None:
    """归档状况 What is closed, what is kept, what is away.

    \b
    Example:
      ./onemap observations status
    """
    from spatial.database import connect
    from spatial.observe.archive import nightly_store, store
    from spatial.observe.archive.nightly import due
    from spatial.observe.away import away

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        rule, gone, held = store.declared(connection), away(connection), store.summary(connection)
        then, night = due(connection), nightly_store.last_night(connection)
    told = {
        "days": held.days,
        "first": held.first and held.first.isoformat(),
        "last": held.last and held.last.isoformat(),
        "bytes": held.bytes,
        "months_kept": rule and rule[0],
        "basis": rule and rule[1],
        "away": [each.name for each in gone],
        "next_night": then and then.isoformat(),
        "last_night": night
        and {
            "started_at": night.started_at.isoformat(),
            "files": night.files,
            "away": night.away,
            "failure": night.failure,
        },
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"已归档 closed: {held.days} 天 days, {held.first or '–'} … {held.last or '–'}")
    click.echo(f"占用 size: {held.bytes} 字节 bytes")
    months = "全部 all" if rule is None or rule[0] is None else f"{rule[0]} 个月 months({rule[1]})"
    click.echo(f"保存 kept: {months}")
    click.echo(f"已移出 away: {', '.join(each.name for each in gone) or '–'}")
    click.echo(
        f"每夜归档 nightly: 下次 next {then:%Y-%m-%d %H:%M}" if then else "每夜归档 nightly: 已停用 off"
    )
    if night is not None:
        came = night.failure or f"{night.files} 天 days,移出 away {night.away}"
        click.echo(f"上次 last: {night.started_at:%Y-%m-%d %H:%M}  {came}")
