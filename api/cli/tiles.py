"""``tiles``: the store of far tiles, and tiles as one file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.access import acting_principal, by_option
from api.cli.exchange import instant
from api.cli.site import Site, data_option, json_option


@click.group()
@data_option
@click.pass_context
def tiles(ctx: click.Context, data: Path | None) -> None:
    """瓦片 Tiles: build the store of far ones, give layers out as one file.

    The workers keep the store up to date by themselves; `build` does it now.

    \b
    Example:
      ./onemap tiles build
      ./onemap tiles export 全市.pmtiles
    """
    ctx.obj = data


@tiles.command()
@data_option
def build(data: Path | None) -> None:
    """更新远景瓦片库 Bring the store of far tiles up to date, layer by layer.

    May be interrupted and run again: each zoom of each set is kept whole or not at all.

    \b
    Example:
      ./onemap tiles build
    """
    from spatial.catalogue import store as catalogue
    from spatial.catalogue.city import read_city
    from spatial.database import connect
    from tiles.far.refresh import refresh
    from tiles.matrix import matrix_sets

    site = Site.of_subcommand(data)
    sets = tuple(matrix_sets(read_city(site.settings.city)).by_id.values())
    with connect(site.dsn(), autocommit=True) as connection:
        for layer in catalogue.layers(connection):
            if layer.table.geometry is not None:
                made = refresh(connection, layer, sets, lambda: True)
                click.echo(f"✓ {layer.contract.title.zh} {layer.table.layer}  {made} 张 tiles")


@tiles.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", "layers", multiple=True, help="图层 Only these; else all with geometry.")
@click.option("--max-zoom", type=int, default=14, show_default=True, help="最大级别 The finest zoom.")
@click.option("--at", help="有效时间 State that held then, as 2026-01-01; else now.")
@click.option("--asof", help="记录时间 State as it was known then; else now.")
@by_option
@click.option("--department", help="部门 Whom it is for: what it takes of limited layers is added up.")
@click.option("--approval", metavar="NUMBER", help="批准文号 Lets more leave than the limit.")
@data_option
@json_option
def export(
    file: Path,
    layers: tuple[str, ...],
    max_zoom: int,
    at: str | None,
    asof: str | None,
    author: str | None,
    department: str | None,
    approval: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """导出 PMTiles Write layers into one PMTiles file, Web Mercator, at any instant.

    The file is in the audit with its digest; limited layers are counted, as by `export`.

    \b
    Example:
      ./onemap tiles export 村界.pmtiles --layer villages --max-zoom 15 --at 2026-01-01
    """
    from spatial.catalogue import store as catalogue
    from spatial.database import connect
    from spatial.exchange.departures import Departure
    from tiles import archive

    dsn = Site.of_subcommand(data).dsn()
    if not layers:
        with connect(dsn, autocommit=True) as connection:
            held = [each for each in catalogue.layers(connection) if each.table.geometry is not None]
            layers = tuple(
                each.table.layer for each in held if catalogue.statistics(connection, each).last_changeset
            )
    options = archive.ArchiveOptions(max_zoom, instant(at), instant(asof))
    departure = Departure(acting_principal(author, department), approval)

    def progress(zoom: int, number: int) -> None:
        click.echo(f"▸ z{zoom}  {number}", err=True)

    reports = archive.export(dsn, layers, file, options, departure, progress)
    if as_json:
        click.echo(json.dumps([each.to_json() for each in reports], ensure_ascii=False))
        return
    size_kib = reports[0].size_bytes >> 10 if reports else 0
    click.echo(f"已写出 written: {file}  {len(reports)} 图层 layers, {size_kib} KiB")
