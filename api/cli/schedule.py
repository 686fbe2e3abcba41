"""``schedule``: processes that run by the clock."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from api.cli.site import Site, data_option, json_option


@click.group()
@data_option
@click.pass_context
def schedule(ctx: click.Context, data: Path | None) -> None:
    """计划任务 Schedules: processes that run by the clock, in Beijing time.

    \b
    Example:
      ./onemap schedule add 每夜统计 '30 2 * * *' thematic-stat '{"layer": "villages"}'
      ./onemap schedule list
    """
    ctx.obj = data


@schedule.command()
@click.argument("name")
@click.argument("cron")
@click.argument("process")
@click.argument("inputs", metavar="INPUTS-JSON")
@data_option
@json_option
def add(name: str, cron: str, process: str, inputs: str, data: Path | None, as_json: bool) -> None:
    """加入计划 Run a process by a cron expression: minute hour day month weekday.

    An input may be a link, {"href": …}, which every run reads anew; it is read now, too,
    to be checked. It is of this platform (ONEMAP_BASE_URL), read with the operator's
    rights, or at one of ONEMAP_CALLBACK_HOSTS.

    \b
    Example:
      ./onemap schedule add 每夜统计 '30 2 * * *' thematic-stat '{"layer": "villages"}'
    """
    from api.executions import OFFERED, parse, values
    from api.inside import Inside
    from spatial.access.model import LOCAL
    from spatial.database import connect
    from spatial.datum import BEIJING
    from spatial.jobs import inputs as checking
    from spatial.jobs import reference, referring
    from spatial.jobs import schedule as schedules
    from spatial.jobs.operator import operator

    given = parse(f'{{"inputs": {inputs}}}'.encode())["inputs"]
    chosen, site = OFFERED[process], Site.of_subcommand(data)
    links = reference.read_all(chosen, given) if isinstance(given, dict) else {}
    base_url = site.settings.base_url or ""
    own = {name: each for name, one in links.items() if (each := referring.within(one.href, base_url))}
    visit = referring.Visit(Inside(site.settings, site.dsn()), LOCAL, own)
    read = referring.read(chosen, links, site.settings.callback_hosts, visit)
    told = {**values(given), **read.values}
    checking.check(chosen, told)
    kept = referring.kept_links(links, own)
    with connect(site.dsn()) as connection:
        owner = operator(connection, chosen, told)
        made = schedules.add(connection, name, cron, process, told, owner, datetime.now(BEIJING), kept)
    first = made.next_at.isoformat()
    if as_json:
        references = [one.to_json() for one in read.referred.values()]
        document = {"id": made.id, "name": name, "next_at": first, "references": references}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    click.echo(f"已加入计划 scheduled: {name},下次 next {made.next_at:%Y-%m-%d %H:%M}")
    for one in read.referred.values():
        assert one.sha256 is not None
        click.echo(
            f"  {one.input} ← {one.href}  今读 read now {one.size_bytes} 字节 bytes,"
            f"sha256 {one.sha256.hex()};每次运行重读 read anew by every run"
        )


@schedule.command(name="list")
@data_option
@json_option
def list_schedules(data: Path | None, as_json: bool) -> None:
    """计划清单 All schedules, the next one first.

    \b
    Example:
      ./onemap schedule list
    """
    from spatial.database import connect
    from spatial.jobs import schedule as schedules

    with connect(Site.of_subcommand(data).dsn()) as connection:
        found = sorted(schedules.listed(connection), key=lambda one: (one.paused, one.next_at, one.name))
    if as_json:
        told = [
            {
                "id": one.id,
                "name": one.name,
                "department": one.owner.department,
                "paused": one.paused,
                "cron": one.cron,
                "process": one.process,
                "next_at": one.next_at.isoformat(),
                "last_job": one.last_job,
                "references": {name: link["href"] for name, link in one.links.items()},
            }
            for one in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in found:
        coming = "停用 paused" if one.paused else f"下次 next {one.next_at:%Y-%m-%d %H:%M}"
        click.echo(
            f"{one.name:<20} {one.cron:<16} {one.process:<14} {coming}  上次 last {one.last_job or '–'}"
            f"  {one.owner.department or ''}"
        )
        for each, link in one.links.items():
            click.echo(f"  {each} ← {link['href']}")


@schedule.command()
@click.argument("name")
@data_option
@json_option
def remove(name: str, data: Path | None, as_json: bool) -> None:
    """移除计划 Forget a schedule, by its name or id; jobs it has started go on.

    \b
    Example:
      ./onemap schedule remove 每夜统计
    """
    from spatial.database import connect
    from spatial.jobs import schedule as schedules

    with connect(Site.of_subcommand(data).dsn()) as connection:
        schedules.remove(connection, name)
    click.echo(json.dumps({"removed": name}, ensure_ascii=False) if as_json else f"已移除 removed: {name}")
