"""``warnings``: rules, evaluations, what stands, whether it can be made again, on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from api.cli.access import instant
from api.cli.site import data_option, json_option, site_of


@click.group()
@data_option
@click.pass_context
def warnings(ctx: click.Context, data: Path | None) -> None:
    """预警 Warnings: enter rules, judge what was measured, list what stands, replay.

    \b
    Example:
      ./onemap warnings rules 规则.toml --author 李工 --department 寿光市水利局 --reason 汛前修订
      ./onemap schedule add 预警判定 '*/5 * * * *' warning-evaluate '{}'
      ./onemap warnings list
    """
    ctx.obj = data


@warnings.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", required=True, help="经办人 Who hands it in.")
@click.option("--department", required=True, help="部门 For which department.")
@click.option("--reason", required=True, help="原因 Why.")
@data_option
def rules(file: Path | None, author: str, department: str, reason: str, data: Path | None) -> None:
    """登记规则 Enter the rules of a TOML file, else those that come with the platform; all or none.

    \b
    Example:
      ./onemap warnings rules --author 李工 --department 寿光市水利局 --reason 启用
    """
    from spatial.database import connect
    from water.warning import rule_store
    from water.warning.rule_document import documents, shipped

    found = shipped("warning-rules") if file is None else documents(file.read_text("utf-8"))
    with connect(site_of(data).dsn()) as connection, connection.transaction():
        made = [rule_store.record(connection, each, author, department, reason) for each in found]
    for each in made:
        if each is not None:
            click.echo(f"{each.rule.id} v{each.version} {each.rule.title.zh}")
    unchanged = sum(each is None for each in made)
    click.echo(f"未变 {unchanged} 条 {unchanged} unchanged")


@warnings.command("evaluate")
@click.option("--datetime", "at", help="判定时刻 Up to when, as 2026-07-01T08:00+08:00; else now.")
@data_option
@json_option
def judge(at: str | None, data: Path | None, as_json: bool) -> None:
    """判定 Judge everything measured since the last time.

    \b
    Example:
      ./onemap warnings evaluate
    """
    from spatial.database import connect
    from spatial.datum.clock import BEIJING
    from water.warning import store
    from water.warning.colour import Colour
    from water.warning.evaluate import evaluate

    with connect(site_of(data).dsn()) as connection, connection.transaction():
        done = evaluate(connection, instant(at))
        late = store.escalate(connection, datetime.now(BEIJING))
    if as_json:
        told = {
            "evaluation": done.evaluation,
            "stations": done.stations,
            "readings": done.readings,
            "verdicts": done.verdicts,
            "steps": len(done.steps),
            "overdue": len(late),
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for number, rule, station, action, colour in done.steps:
        click.echo(f"{number} {rule} {station} {action.value} {Colour(colour).title.zh}")
    click.echo(
        f"已判定 {done.stations} 站次、{done.readings} 个读数,{len(late)} 项逾时未签收"
        f" {done.stations} judged, {done.readings} readings, {len(late)} acknowledgements overdue"
    )


@warnings.command("list")
@click.option("--all", "over", is_flag=True, help="含已结束 Those that are over, too.")
@click.option("--asof", help="登记时间 As it was on record then.")
@data_option
@json_option
def list_warnings(over: bool, asof: str | None, data: Path | None, as_json: bool) -> None:
    """清单 What stands, or stood.

    \b
    Example:
      ./onemap warnings list --asof 2026-07-01T12:00+08:00
    """
    from spatial.database import connect
    from water.warning import store
    from water.warning.store import Wanted

    wanted = Wanted(open=None if over else True, asof=instant(asof), limit=10_000)
    with connect(site_of(data).dsn()) as connection:
        found = store.page(connection, wanted)
    if as_json:
        told = [
            {
                "id": each.warning.id,
                "rule": each.warning.rule,
                "station": each.warning.station,
                "colour": each.warning.colour.id,
                "stale": each.warning.stale,
                "synthetic": each.warning.synthetic,
                "changed_at": each.warning.last.at.isoformat(),
            }
            for each in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in found:
        one = each.warning
        stamp = " 合成数据" if one.synthetic else ""
        stale = " 数据中断 input lost" if one.stale else ""
        click.echo(
            f"{one.id:<6} {one.colour.title.zh} {one.station:<8} {each.rule.title.zh}"
            f" {one.last.at:%Y-%m-%d %H:%M}{stale}{stamp}"
        )


@warnings.command("replay")
@data_option
def replay_all(data: Path | None) -> None:
    """复算 Read the inputs of every evaluation again as they were believed, and compare their digests.

    \b
    Example:
      ./onemap warnings replay
    """
    from spatial.database import connect
    from water.warning.replay import replay

    with connect(site_of(data).dsn()) as connection:
        found = replay(connection)
    differing = [each for each in found if not each.same]
    for each in differing:
        click.echo(f"不同 differs: {each.evaluation} {each.at:%Y-%m-%d %H:%M} {each.sha256.hex()[:16]}")
    click.echo(
        f"{len(found)} 次判定,{len(differing)} 次不同 {len(found)} evaluations, {len(differing)} differ"
    )
    if differing:
        raise SystemExit(1)
