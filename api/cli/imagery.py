"""``assets``: images and point clouds that are catalogued, and images that are cut into tiles."""

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
    files stay where they are. Images are also cut once into the grids of the
    map, from which they are shown.

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
@click.option("--flight", help="航次 Name of the flight that the images are of.")
@click.option("--no-prepare", is_flag=True, help="只登记,不切制 Catalogue only; cut them later by `prepare`.")
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
    flight: str | None,
    no_prepare: bool,
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

    site = Site.of_subcommand(data)
    options = exchange.AssetOptions(
        author=author,
        department=department,
        reason=reason,
        source_crs=source_crs,
        height_type=None if height_type is None else HeightType(height_type),
        acquired=None if acquired is None else parse_instant(acquired).astimezone(BEIJING).date(),
        flight=flight,
        city=site.settings.city,
    )
    found = exchange.add(site.dsn(), files, options)
    images = [str(one.values["asset_id"]) for one in found if one.layer == exchange.LAYERS["raster"]]
    cut = images and not no_prepare
    if as_json:
        if cut:
            _prepare(site, images, told=False)
        click.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False))
        return
    for one in found:
        click.echo(f"已登记 catalogued: {one.name} → {one.layer}")
        for told in one.evidence:
            click.echo(f"  · {told.zh} {told.en}")
    if cut:
        _prepare(site, images)


@assets.command()
@data_option
def prepare(data: Path | None) -> None:
    """切制影像 Cut every catalogued image that is not cut yet into the grids of the map.

    May be interrupted and run again: what is done stays, the rest is made.

    \b
    Example:
      ./onemap assets prepare
    """
    _prepare(Site.of_subcommand(data))


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

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        found = held(connection)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False))
        return
    for one in found:
        acquired = "" if one.acquired is None else f"  {one.acquired.isoformat()}"
        click.echo(
            f"{one.asset_id[:12]}  {one.format:<8} {one.resolution_m:g} m  {one.frame}{acquired}  {one.name}"
        )


def _prepare(site: Site, asset_ids: list[str] | None = None, *, told: bool = True) -> None:
    """Cut images, telling each file as it is done."""
    from spatial.catalogue import store as catalogue
    from spatial.catalogue.city import read_city
    from spatial.database import connect
    from spatial.errors import UnknownLayer
    from spatial.exchange.assets import LAYERS
    from tiles.matrix import matrix_sets
    from tiles.raster.prepare import prepare

    with connect(site.dsn(), autocommit=True) as connection:
        try:
            table = catalogue.get(connection, LAYERS["raster"]).table
        except UnknownLayer:
            click.echo("目录中没有影像 the catalogue holds no images")
            return
    offered = matrix_sets(read_city(site.settings.city)).own_first
    for source, matrix_set, made in prepare(
        site.dsn(), table, offered, site.settings.rasters, asset_ids=asset_ids
    ):
        done = "已切制 there already" if made is None else f"z ≤ {made.max_zoom}  {made.size_bytes >> 10} KiB"
        if told:
            click.echo(f"  ✓ {source.name}  {matrix_set.id}  {done}")
