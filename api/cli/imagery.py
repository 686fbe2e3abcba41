"""``assets``: images and point clouds that are catalogued and not loaded."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.site import Site, data_option, json_option

GIVEN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
@data_option
@click.pass_context
def assets(ctx: click.Context, data: Path | None) -> None:
    """影像与点云目录 Images (GeoTIFF, COG) and point clouds (LAS, LAZ): catalogued, not loaded.

    Their footprints are the layers raster-assets and point-cloud-assets; the
    files stay where they are.

    \b
    Example:
      ./onemap assets add 正射2026.tif --author 李工 --department 自然资源局 --reason 2026年航飞
      ./onemap assets list
    """
    ctx.obj = data


@assets.command()
@click.argument("files", nargs=-1, required=True, type=GIVEN_FILE)
@click.option("--source-crs", help="坐标系 Frame of the files, where their headers name none that is known.")
@click.option(
    "--height-type",
    type=click.Choice(["none", "normal_1985", "ellipsoidal", "unknown"]),
    help="高程类型 Kind of the heights; else as the header says.",
)
@click.option("--acquired", help="获取日期 Day of acquisition, as 2026-05-01.")
@click.option("--author", required=True, help="经办人 Who hands it in.")
@click.option("--department", required=True, help="部门 For which department.")
@click.option("--reason", required=True, help="原因 Why it is catalogued.")
@data_option
@json_option
def add(
    files: tuple[Path, ...],
    source_crs: str | None,
    height_type: str | None,
    acquired: str | None,
    author: str,
    department: str,
    reason: str,
    data: Path | None,
    as_json: bool,
) -> None:
    """登记文件 Catalogue files, all or none; one that is there already is brought up to date.

    \b
    Example:
      ./onemap assets add dem.tif --height-type normal_1985 --author 李工 \\
          --department 自然资源局 --reason 2026年航飞
    """
    from spatial.catalogue.contract import HeightType
    from spatial.datum import BEIJING, parse_instant
    from spatial.exchange import assets as exchange

    site = _site(data)
    options = exchange.AssetOptions(
        author=author,
        department=department,
        reason=reason,
        source_crs=source_crs,
        height_type=None if height_type is None else HeightType(height_type),
        acquired=None if acquired is None else parse_instant(acquired).astimezone(BEIJING).date(),
        city=site.settings.city,
    )
    found = exchange.add(site.dsn(), files, options)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False))
        return
    for one in found:
        click.echo(f"已登记 catalogued: {one.name} → {one.layer}")
        for told in one.evidence:
            click.echo(f"  · {told.zh} {told.en}")


@assets.command(name="list")
@data_option
@json_option
def list_assets(data: Path | None, as_json: bool) -> None:
    """目录清单 The catalogued files: name, format, resolution, frame, day of acquisition.

    \b
    Example:
      ./onemap assets list --json
    """
    from spatial.database import connect
    from spatial.exchange.assets import held

    with connect(_site(data).dsn(), autocommit=True) as connection:
        found = held(connection)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False))
        return
    for one in found:
        acquired = "" if one.acquired is None else f"  {one.acquired.isoformat()}"
        click.echo(
            f"{one.asset_id[:12]}  {one.format:<8} {one.resolution_m:g} m  {one.frame}{acquired}  {one.name}"
        )


def _site(data: Path | None) -> Site:
    """``--data`` may stand before or after the subcommand."""
    return Site.read(data or click.get_current_context().find_object(Path))
