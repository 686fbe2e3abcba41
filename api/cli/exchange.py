"""``load`` and ``export``: a department's file in, a layer's file out."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.access import acting_principal, by_option
from api.cli.site import Site, data_option, json_option
from api.cli.telling import told

if TYPE_CHECKING:
    from spatial.exchange.profile import Profile, Profiles

HANDED_IN = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("file", type=HANDED_IN)
@click.option("--layer", required=True, help="图层 Layer the file belongs to (see `layers`).")
@click.option(
    "--source-crs", help="坐标系 Reference frame of the file, as EPSG:4528 or GCJ02; else detected."
)
@click.option(
    "--trust-source-crs",
    is_flag=True,
    help="坐标系以所说为准 Believe it, though trusted places lie elsewhere.",
)
@click.option("--encoding", help="编码 Text encoding of the file, as GB18030; else detected.")
@click.option("--source-layer", help="源图层 Layer or sheet of the file, where it has several.")
@click.option("--coordinates", nargs=2, metavar="X Y", help="坐标列 Columns of a table that hold x and y.")
@click.option(
    "--field", "renamed", nargs=2, multiple=True, metavar="COLUMN FIELD", help="字段对应 Field of a column."
)
@click.option(
    "--profile",
    help="图层结构 Structure of the file by its id (see `planning profiles`), or a TOML file with one.",
)
@click.option("--edition", help="分类版本 Edition of its classes, as 2023, where they do not tell.")
@click.option(
    "--area-unit",
    type=click.Choice(["m2", "ha", "km2", "mu", "wan-mu"]),
    help="面积单位 Unit of its declared areas, where the shapes do not tell.",
)
@click.option(
    "--full/--partial", "full", default=None, help="全量/部分 The whole layer, or some features of it."
)
@click.option("--valid-from", help="生效时间 From when it is true in the city, as 2026-01-01; else today.")
@click.option("--author", required=True, help="经办人 Who hands it in.")
@click.option("--department", required=True, help="部门 For which department.")
@click.option("--reason", required=True, help="原因 Why it changes.")
@click.option("--dry-run", is_flag=True, help="试运行 Show what would change and write nothing.")
@click.option("--allow-retire", is_flag=True, help="允许注销 Let a whole delivery retire many features.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="报告 Save the report, also of a refusal: .md, .txt or .html.",
)
@data_option
@json_option
def load(
    file: Path,
    layer: str,
    source_crs: str | None,
    trust_source_crs: bool,
    encoding: str | None,
    source_layer: str | None,
    coordinates: tuple[str, str] | None,
    renamed: tuple[tuple[str, str], ...],
    profile: str | None,
    edition: str | None,
    area_unit: str | None,
    full: bool | None,
    valid_from: str | None,
    author: str,
    department: str,
    reason: str,
    dry_run: bool,
    allow_retire: bool,
    report_file: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """载入文件 Load a file into a layer, whole or not at all.

    Shapefile, FileGDB (also zipped), GeoPackage, GeoJSON, JSON-FG, CSV, XLSX, KML,
    DXF, VCT, boundary points (界址点 TXT), OpenStreetMap, MDB. Encoding and reference
    frame are detected, with the evidence told; where it does not suffice the load is
    refused (exit code 3) and the option that decides is named.

    \b
    Example:
      ./onemap load 基站.xlsx --layer base-stations --partial --author 张伟 \\
          --department 大数据局 --reason 2026年普查 --dry-run
    """
    from spatial.errors import OneMapError
    from spatial.exchange import load as exchange
    from spatial.exchange import report_text
    from spatial.exchange.profile import AreaUnit
    from spatial.history.model import Delivery

    site = Site.read(data)
    known, structure = _profiles(layer, profile)
    delivery = None if full is None else Delivery.FULL if full else Delivery.PARTIAL
    options = exchange.LoadOptions(
        author=author,
        department=department,
        reason=reason,
        source_crs=source_crs,
        trust_source_crs=trust_source_crs,
        encoding=encoding,
        source_layer=source_layer,
        coordinates=coordinates or None,
        fields=dict(renamed),
        profile=structure.id if structure else profile,
        edition=edition,
        area_unit=None if area_unit is None else AreaUnit(area_unit),
        profiles=known,
        delivery=delivery,
        valid_from=instant(valid_from),
        dry_run=dry_run,
        allow_retire=allow_retire,
        city=site.settings.city,
    )
    if report_file is not None:
        report_text.require_form(report_file)
    try:
        report = exchange.load(site.dsn(), file, layer, options, _progress)
    except OneMapError as refusal:
        if report_file is not None:
            report_text.save(report_file, report_text.refused(file.name, layer, refusal))
        raise
    if report_file is not None:
        report_text.save(report_file, report.to_json())
    click.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else "\n".join(told(report)))


def _profiles(layer: str, profile: str | None) -> tuple[Profiles, Profile | None]:
    """What is known of a layer's deliveries; the one structure of a file that the user wrote."""
    from planning import profiles
    from planning.errors import BadProfile

    if profile is None or not profile.lower().endswith(".toml"):
        return profiles.of_layer(layer), None
    known = profiles.among(profiles.read(Path(profile)), layer)
    if len(known.profiles) != 1:
        raise BadProfile(
            f"文件中应恰有一个图层 {layer} 的结构,实有 {len(known.profiles)} 个:{profile}",
            f"one profile of layer {layer} was expected, the file has {len(known.profiles)}: {profile}",
            value=profile,
        )
    return known, known.profiles[0]


@click.command(name="export")
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--crs", default="EPSG:4490", show_default=True, help="坐标系 Reference frame to write.")
@click.option("--at", help="有效时间 State that held then, as 2026-01-01; else now.")
@click.option("--asof", help="记录时间 State as it was known then; else now.")
@click.option(
    "--format",
    "format_",
    help="格式 GPKG, GeoJSON, JSON-FG, CSV, XLSX, Shapefile, KML, DXF, VCT; else by the file's name.",
)
@by_option
@click.option("--department", help="部门 Whom it is for: what it takes of limited layers is added up.")
@click.option(
    "--approval",
    metavar="NUMBER",
    help="批准文号 Lets more leave than the limit, by the security administrator's approval of this number.",
)
@data_option
@json_option
def export(
    layer: str,
    file: Path,
    crs: str,
    at: str | None,
    asof: str | None,
    format_: str | None,
    author: str | None,
    department: str | None,
    approval: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """导出图层 Write a layer to a file, at any instant and in any frame.

    Each file that leaves is in the audit with its digest. What it takes of a layer
    whose contiguous data is limited is counted as over HTTP, and refused beyond the
    limit unless an approval stands for the department.

    \b
    Example:
      ./onemap export villages 村界.gpkg --crs EPSG:4549 --at 2026-01-01
    """
    from spatial.exchange import export as exchange
    from spatial.exchange.departures import Departure

    options = exchange.ExportOptions(crs=crs, at=instant(at), asof=instant(asof), format=format_)
    departure = Departure(acting_principal(author, department), approval)
    report = exchange.export(Site.read(data).dsn(), layer, file, options, departure)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
        return
    click.echo(f"已写出 written: {file}")
    if report.path and report.accuracy_m is not None:
        click.echo(f"坐标转换 moved by {' → '.join(report.path)}, ±{report.accuracy_m:g} m")


def instant(text: str | None) -> datetime | None:
    """The instant of an option; none where it was not given."""
    from spatial.datum import parse_instant

    return None if text is None else parse_instant(text)


def _progress(zh: str, en: str) -> None:
    click.echo(f"▸ {zh} {en}", err=True)
