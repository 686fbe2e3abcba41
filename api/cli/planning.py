"""``planning``: use control on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.access import instant
from api.cli.site import data_option, json_option, site_of

if TYPE_CHECKING:
    from planning.compliance.compliance import Checked
    from planning.model import Project
    from spatial.catalogue.city import City


@click.group()
@data_option
@click.pass_context
def planning(ctx: click.Context, data: Path | None) -> None:
    """国土空间规划 The territorial plan: check sites, list rules and profiles, load the sample.

    \b
    Example:
      ./onemap planning check 项目用地.geojson --crs EPSG:4528
      ./onemap planning again 6f1c0c3e-5d0b-4a53-9a55-0d7c3f1f6f01
      ./onemap planning rules
      ./onemap planning sample --parcels 300000
    """
    ctx.obj = data


@planning.command()
@click.option("--parcels", type=click.IntRange(1_000, 1_000_000), default=300_000, show_default=True,
              help="图斑数 Parcels, about.")  # fmt: skip
@data_option
def sample(parcels: int, data: Path | None) -> None:
    """载入样例规划数据 Load a planning sample of another size, where no planning layer holds anything.

    Divisions are real, all else is generated and stamped 合成数据. Start without the
    small one for it: ./onemap up --no-sample.

    \b
    Example:
      ./onemap planning sample --parcels 300000
    """
    from planning.sample import loading

    written = loading.build(site_of(data).dsn(), parcels, lambda line: click.echo(f"  {line}", err=True))
    if not written:
        click.echo("规划图层已有内容,未载入。The planning layers hold something already; nothing was loaded.")
        raise click.exceptions.Exit(1)
    click.echo(f"{written} 个要素 features")


@planning.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--crs", help="坐标系 Frame of the coordinates, where the file does not say it; of GeoJSON EPSG:4490."
)
@click.option("--datetime", "day", help="审查日 Day of the check, as 2026-06-01; else now.")
@click.option("--rule", "only", multiple=True, help="规则 Only this rule; may be given again.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
              help="证据 All evidence, JSON lines.")  # fmt: skip
@data_option
@json_option
def check(
    file: Path,
    crs: str | None,
    day: str | None,
    only: tuple[str, ...],
    output: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """合规性审查 Judge the sites of a file by the rules in force; what was found is kept.

    GeoJSON, boundary points (界址点 TXT), Shapefile, FileGDB, DXF, KML, XLSX, CSV; what a
    project says of itself by the names of its attributes or their Chinese titles.

    \b
    Example:
      ./onemap planning check 项目用地.geojson --crs EPSG:4528 -o 证据.ndjson
      ./onemap planning check 界址点.txt
    """
    from planning.compliance import compliance
    from planning.ledger import store as ledger_store
    from planning.model import Asked
    from planning.rules import shipped
    from spatial.catalogue.city import read_city
    from spatial.database import connect
    from spatial.datum import BEIJING

    site = site_of(data)
    at = instant(day) or datetime.now(BEIJING)
    city = read_city(site.settings.city)
    projects = _projects(file, crs, site.dsn(), city)
    with connect(site.dsn()) as connection, compliance.one_state(connection):
        left = ledger_store.left(connection, at.astimezone(BEIJING).date())
        checked = compliance.check(connection, projects, Asked(at), shipped(), city, only=only, balances=left)
    if output is not None:
        _write(output, checked)
    _told(projects, checked, as_json)


@planning.command()
@click.argument("check_id")
@data_option
def again(check_id: str, data: Path | None) -> None:
    """复算 Make a kept check again from its request, and compare it byte for byte.

    \b
    Example:
      ./onemap planning again 6f1c0c3e-5d0b-4a53-9a55-0d7c3f1f6f01
    """
    from planning.compliance import compliance
    from spatial.catalogue.city import read_city
    from spatial.database import connect

    site = site_of(data)
    with connect(site.dsn()) as connection, compliance.one_state(connection):
        made = compliance.again(connection, check_id, read_city(site.settings.city))
    if made.equal:
        click.echo("一致:逐字节相同。Equal, byte for byte.")
        return
    click.echo("不一致 Not equal.")
    if made.engine_then != made.engine_now:
        click.echo(f"  当时 then: {made.engine_then}\n  现在 now:  {made.engine_now}")
    raise click.exceptions.Exit(1)


@planning.command()
@json_option
def rules(as_json: bool) -> None:
    """规则 The rules of use control, with their sources.

    \b
    Example:
      ./onemap planning rules
    """
    from planning.rules import shipped

    if as_json:
        click.echo(json.dumps([rule.document for rule in shipped()], ensure_ascii=False))
        return
    for rule in shipped():
        checked = "" if rule.source.checked else "(待核 to be checked)"
        source = f"{rule.source.document} {rule.source.article}"
        click.echo(f"{rule.id:<22} v{rule.version}  {rule.title.zh}:{source}{checked}")


@planning.command()
@click.argument("layer", required=False)
@json_option
def profiles(layer: str | None, as_json: bool) -> None:
    """图层结构 How deliveries are known to be structured, of all layers or one; what --profile takes.

    \b
    Example:
      ./onemap planning profiles ecological-redline
    """
    from planning import profiles as known

    found = [each for each in known.shipped() if layer in (None, each.layer)]
    if as_json:
        rows = [{**each.to_json(), "layer": each.layer, "names": list(each.names)} for each in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for each in found:
        checked = "" if each.verified else "(待核 unverified)"
        click.echo(
            f"{each.id:<20} {each.layer:<22} {'、'.join(each.names)}:{each.title.zh} {each.version}{checked}"
        )


def _projects(file: Path, crs: str | None, dsn: str, city: City) -> list[Project]:
    from planning.compliance.file import projects_of
    from planning.compliance.project import read
    from planning.errors import BadProject
    from spatial.database import connect
    from spatial.datum.store import load_registry

    with connect(dsn) as connection:
        registry = load_registry(connection)
    if file.suffix.lower() not in (".geojson", ".json"):
        handed = projects_of(file, city, registry, crs)
        if handed.unused:
            click.echo(f"  未用的列 columns not used: {'、'.join(handed.unused)}", err=True)
        return list(handed.projects)
    try:
        document = json.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as failure:
        raise BadProject(
            f"不是 UTF-8 的 GeoJSON 文件({failure}):{file}",
            f"is no GeoJSON in UTF-8 ({failure}): {file}",
            value=str(file),
        ) from failure
    features: list[Any] = document.get("features", [document]) if isinstance(document, dict) else []
    frame = registry.frame(crs or "EPSG:4490")
    return [read(each, f"/features/{n}", frame, registry) for n, each in enumerate(features)]


def _write(output: Path, checked: list[Checked]) -> None:
    from spatial.files import replacing

    with replacing(output) as path, path.open("wb") as file:
        for each in checked:
            file.write(b'{"check":"' + each.id.encode() + b'",' + each.result[1:] + b"\n")


def _told(projects: list[Project], checked: list[Checked], as_json: bool) -> None:
    if as_json:
        rows = [{"check": each.id, **json.loads(each.result)} for each in checked]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for project, each in zip(projects, checked, strict=True):
        name = project.facts.get("name") or project.facts.get("code") or ""
        click.echo(f"{each.verdict.label.zh} {each.verdict.label.en}  {name}  ({each.id})")
        for rule in json.loads(each.result)["rules"]:
            if rule["verdict"]["id"] not in ("complies", "not-applicable"):
                area = sum(group["area_m2"] for group in rule["groups"])
                reason = rule.get("reason", {}).get("zh", "")
                click.echo(f"  {rule['verdict']['zh']}  {rule['title']['zh']}  {area:.2f} m²  {reason}")
