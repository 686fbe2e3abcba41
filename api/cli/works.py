"""``works``: the city's water works and what is claimed of them, on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from api.cli.access import instant
from api.cli.site import data_option, json_option, site_of


@click.group()
@data_option
@click.pass_context
def works(ctx: click.Context, data: Path | None) -> None:
    """水利工程 Water works: the sourced facts on the rivers, claims out of a file, what is claimed.

    \b
    Example:
      ./onemap works facts
      ./onemap works claims mi
      ./onemap works record 主张.xlsx --author 李工 --department 寿光市水利局 --reason 竣工资料
    """
    ctx.obj = data


@works.command()
@data_option
def facts(data: Path | None) -> None:
    """登记有出处的事实 Publish the layers of works, stations and cameras, and enter the facts that ship.

    Facts that are there already are left as they are. Those marked 待核 are unverified.

    \b
    Example:
      ./onemap works facts
    """
    from spatial.database import connect
    from water.works import loading

    with connect(site_of(data).dsn()) as connection, connection.transaction():
        loading.publish(connection)
        entered = loading.facts(connection)
    click.echo(f"新登记 {entered} 条主张 {entered} claims entered")


@works.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", required=True, help="经办人 Who hands it in.")
@click.option("--department", required=True, help="部门 For which department.")
@click.option("--reason", required=True, help="原因 Why.")
@click.option("--day", help="生效日 From which day on, as 2026-03-01; else now.")
@data_option
def record(file: Path, author: str, department: str, reason: str, day: str | None, data: Path | None) -> None:
    """主张导入 Enter the claims of a CSV or XLSX file, all of them or none; every bad row is named.

    \b
    Example:
      ./onemap works record 主张.csv --author 李工 --department 寿光市水利局 --reason 竣工资料
    """
    from spatial.database import connect
    from spatial.datum.clock import BEIJING
    from spatial.exchange import originals
    from spatial.history.model import Intent
    from water.works import claim_file, claims

    at = instant(day) or datetime.now(BEIJING)
    with connect(site_of(data).dsn()) as connection, connection.transaction():
        handed = claim_file.read(file, partial(originals.keep, connection))
        intent = Intent(author, department, reason, at, source_sha256=handed.sha256)
        done = claims.record(connection, handed.claims, intent)
    click.echo(
        f"新登记 {len(done.entered)} 条,改状态 {len(done.restated)} 条,已有 {len(done.repeated)} 条"
        f" {len(done.entered)} entered, {len(done.restated)} restated, {len(done.repeated)} there already"
    )


@works.command("claims")
@click.argument("subject")
@data_option
@json_option
def claimed(subject: str, data: Path | None, as_json: bool) -> None:
    """主张 What is claimed of a river or work, side by side with the sources; * marks what is shown.

    \b
    Example:
      ./onemap works claims mi
    """
    from spatial.database import connect
    from spatial.datum.clock import BEIJING
    from water.moment import Moment
    from water.works import claims
    from water.works.vocabulary import shipped
    from water.works.wording import told

    with connect(site_of(data).dsn()) as connection:
        answers = claims.of_subject(connection, subject, Moment(datetime.now(BEIJING)))
    if as_json:
        rows = [each.claim.row() for one in answers for each in one.claims]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in answers:
        scope = "".join(f" [{each}]" for each in (one.question.scope, one.question.applies_to) if each)
        conflict = " 矛盾 conflict" if one.conflict else ""
        click.echo(f"{shipped()[one.question.attribute].title.zh}{scope}{conflict}")
        for each in one.claims:
            mark = "*" if each == one.shown else " "
            said, source = told(each.claim.value).zh, each.claim.source.document
            click.echo(f"  {mark} {said}  {source} ({each.claim.standing})")
