"""``control``: the city's control points, which tell one reference frame from another."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.access import acting_principal, by_option
from api.cli.site import Site, data_option, json_option

GIVEN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
@data_option
@click.pass_context
def control(ctx: click.Context, data: Path | None) -> None:
    """控制点 Control points: known places that tell the reference frame of a file.

    A delivery whose rows carry the code or the name of a control point is held
    against it: that decides an undeclared frame, and contradicts a wrong one.
    Their coordinates are kept as a secret: no command shows them, nor does the
    audit, in which each point stands that is added, replaced or taken out.

    \b
    Example:
      ./onemap control add 控制点.csv --source-crs EPSG:4490
      ./onemap control list
    """
    ctx.obj = data


@control.command()
@click.argument("file", type=GIVEN_FILE)
@click.option(
    "--source-crs", required=True, help="坐标系 Frame that the surveyor states, as EPSG:4490; never detected."
)
@by_option
@data_option
@json_option
def add(file: Path, source_crs: str, author: str | None, data: Path | None, as_json: bool) -> None:
    """加入控制点 Add the points of a CSV or XLSX, all or none.

    Columns: 点号 code; 点名 name and 精度 accuracy in metres, where known; and
    coordinates, as 经度 纬度, X Y or 东坐标 北坐标. A code that is there already
    is replaced.

    \b
    Example:
      ./onemap control add 控制点.csv --source-crs EPSG:4549
    """
    from spatial.exchange import control as points

    site = Site.of_subcommand(data)
    by = acting_principal(author)
    report = points.add(site.dsn(), file, source_crs, city=site.settings.city, by=by)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
        return
    moved = " → ".join(report.path) or "CGCS2000"
    accuracy = "" if report.accuracy_m is None else f", ±{report.accuracy_m:g} m"
    click.echo(f"已加入 {report.points} 个控制点 control points added: {report.frame} → {moved}{accuracy}")


@control.command(name="list")
@data_option
@json_option
def list_points(data: Path | None, as_json: bool) -> None:
    """控制点清单 The control points: code, name, accuracy, stated frame; not their coordinates.

    \b
    Example:
      ./onemap control list
      ./onemap control list --json
    """
    from spatial.database import connect
    from spatial.exchange import store

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        found = store.control_points(connection)
    if as_json:
        told = [
            {
                "code": one.code,
                "name": one.name,
                "accuracy_m": one.accuracy_m,
                "frame": one.given_frame,
                "origin": one.origin,
            }
            for one in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in found:
        accuracy = "" if one.accuracy_m is None else f"±{one.accuracy_m:g} m"
        click.echo(f"{one.code:<16} {one.name or ''}  {one.given_frame}  {accuracy}")


@control.command()
@click.argument("code")
@by_option
@data_option
@json_option
def remove(code: str, author: str | None, data: Path | None, as_json: bool) -> None:
    """移除控制点 Take out a point, for one that is destroyed or was wrong.

    \b
    Example:
      ./onemap control remove SG012
    """
    from spatial.exchange import control as points

    points.remove(Site.of_subcommand(data).dsn(), code, by=acting_principal(author))
    click.echo(json.dumps({"removed": code}, ensure_ascii=False) if as_json else f"已移除 removed: {code}")
