"""``datum``: the frames the platform knows, and how a city registers transformations of its own."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from api.cli.access import acting_principal, by_option
from api.cli.site import Site, data_option, json_option

if TYPE_CHECKING:
    from spatial.datum import Fit, Frame, Residual

GIVEN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MODELS = ("similarity", "bursa-wolf", "molodensky-badekas")
BLUNDER = 4.0
"""Times the median leave-one-out error, from which a point is pointed at."""


@click.group()
@data_option
@click.pass_context
def datum(ctx: click.Context, data: Path | None) -> None:
    """时空基准 Reference frames, and the city's own transformations between them.

    Between Xi'an 80, Beijing 54 or a local frame and CGCS2000 the platform moves
    coordinates only by a transformation fitted from the city's own control points
    and registered here. Parameters, control points and local definitions are kept
    as secrets: no command, report or service shows them.

    \b
    Example:
      ./onemap datum fit 公共点.csv --source EPSG:2385 --target EPSG:4549 \\
          --model similarity --name sg-xian80 --dry-run
    """
    ctx.obj = data


@datum.command()
@data_option
@json_option
def frames(data: Path | None, as_json: bool) -> None:
    """坐标系 The known frames, those the city has registered first.

    \b
    Example:
      ./onemap datum frames
      ./onemap datum frames --json
    """
    from spatial.database import connect
    from spatial.datum import FRAMES
    from spatial.datum.store import load_frames

    with connect(_dsn(data), autocommit=True) as connection:
        own = load_frames(connection)
    found = (*own, *FRAMES.values())
    if as_json:
        click.echo(json.dumps([_frame_json(each, own) for each in found], ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{each.id:<12} {each.title_zh}  {each.title_en}")


@datum.command()
@click.argument("control", type=GIVEN_FILE)
@click.option("--source", required=True, help="源坐标系 Frame of source_x, source_y, as EPSG:2385.")
@click.option("--target", required=True, help="目标坐标系 Frame of target_x, target_y, as EPSG:4549.")
@click.option(
    "--model",
    required=True,
    type=click.Choice(MODELS),
    help="模型 similarity 平面四参数 (two planes); bursa-wolf 布尔莎 or molodensky-badekas "
    "莫洛金斯基七参数 (two geographic frames).",
)
@click.option("--name", required=True, help="名称 Name of the transformation, as sg-xian80.")
@click.option(
    "--version",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="版本 The highest of a name counts; none is ever overwritten.",
)
@click.option("--dry-run", is_flag=True, help="试算 Fit, check and show; register nothing.")
@by_option
@data_option
@json_option
def fit(
    control: Path,
    source: str,
    target: str,
    model: str,
    name: str,
    version: int,
    dry_run: bool,
    author: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """求参并登记 Fit a transformation from control points and register it.

    CONTROL is a CSV (UTF-8 or GB18030) with one line a point, known in both frames:

    \b
      id                  点号, each once
      source_x, source_y  源坐标 x = east or longitude 东坐标/经度, y = north or latitude 北坐标/纬度
      target_x, target_y  目标坐标 in the same order
      source_h, target_h  大地高 ellipsoidal height in m; both or neither, seven-parameter models only

    At least 3 points (similarity) or 4 (seven parameters), better 6 and more that
    surround the city: nothing outside their hull is ever moved. What is shown is
    how well the points agree; parameters and coordinates are never shown.

    \b
    Example:
      ./onemap datum fit 公共点.csv --source EPSG:2385 --target EPSG:4549 \\
          --model similarity --name sg-xian80 --dry-run
    """
    from spatial.access.store import act_as
    from spatial.database import connect
    from spatial.datum import Model, fit_points
    from spatial.datum.store import load_registry, save_fit
    from spatial.exchange.control_pairs import read_pairs

    with connect(_dsn(data)) as connection, connection.transaction(force_rollback=dry_run):
        act_as(connection, acting_principal(author))
        registry = load_registry(connection)
        given, wanted = registry.frame(source), registry.frame(target)
        points = read_pairs(control, given, wanted, Model(model))
        fitted = fit_points(points, given, wanted, Model(model), name=name, version=version)
        save_fit(connection, fitted)
    if as_json:
        told = {**_fit_json(fitted), "registered": not dry_run}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo("试算,未登记 dry run, not registered" if dry_run else "已登记 registered")
    _tell_fit(fitted)
    if (blunder := _blunder(fitted)) is not None:
        click.echo(f"  该点可能有粗差,请核对 this point may be a blunder, look at it: {blunder.point}")
    click.echo(f"{'点 point':<14}{'残差 residual':>16}{'留一误差 leave-one-out':>24}")
    for each in fitted.residuals:
        click.echo(f"{each.point:<16}{each.residual_m:>15.4f} m{each.leave_one_out_m:>22.4f} m")


@datum.command()
@data_option
@json_option
def operations(data: Path | None, as_json: bool) -> None:
    """已登记的转换 The registered transformations: frames, version, accuracy, residuals.

    \b
    Example:
      ./onemap datum operations
      ./onemap datum operations --json
    """
    from spatial.database import connect
    from spatial.datum.store import load_fits

    with connect(_dsn(data), autocommit=True) as connection:
        found = load_fits(connection)
    newest = {each.name: each.version for each in found}  # they come in the order of versions
    if as_json:
        told = [{**_fit_json(each), "in_use": newest[each.name] == each.version} for each in found]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in found:
        _tell_fit(each, "" if newest[each.name] == each.version else "  (已被新版本取代 superseded)")
    if not found:
        click.echo("没有已登记的转换 none is registered; see ./onemap datum fit --help")


@datum.group()
@data_option
@click.pass_context
def frame(ctx: click.Context, data: Path | None) -> None:
    """独立坐标系 The city's own frames.

    \b
    Example:
      ./onemap datum frame add 独立坐标系.wkt --id SGLOCAL:1 --area 118.5 36.7 119.2 37.4
    """
    ctx.obj = data or ctx.obj


@frame.command()
@click.argument("file", type=GIVEN_FILE)
@click.option("--id", "own_id", required=True, help="编号 Authority and code of its own, as SGLOCAL:1.")
@click.option(
    "--area",
    type=(float, float, float, float),
    metavar="W S E N",
    help="适用范围 Area of use in degrees; else the BBOX of the definition.",
)
@click.option("--title-zh", help="中文名称 Chinese title; else the name in the definition.")
@click.option("--title-en", help="英文名称 English title; else the name in the definition.")
@by_option
@data_option
@json_option
def add(
    file: Path,
    own_id: str,
    area: tuple[float, float, float, float] | None,
    title_zh: str | None,
    title_en: str | None,
    author: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """登记独立坐标系 Register a local frame from its definition.

    FILE holds the WKT (WKT 2, WKT 1 or a .prj). Its central meridian and projection
    height are secrets of the city: they are stored where readers cannot look, and
    never shown. The titles and the name inside the WKT are shown.

    \b
    Example:
      ./onemap datum frame add 独立坐标系.wkt --id SGLOCAL:1 --area 118.5 36.7 119.2 37.4 \\
          --title-zh 寿光独立坐标系 --title-en "Shouguang local"
    """
    from spatial.access.store import act_as
    from spatial.database import connect
    from spatial.datum import local_frame_of_wkt
    from spatial.datum.frames import Area
    from spatial.datum.store import save_frame

    used = None if area is None else Area(*area)
    made = local_frame_of_wkt(_text(file), own_id, used, title_zh=title_zh, title_en=title_en)
    with connect(_dsn(data)) as connection:
        act_as(connection, acting_principal(author))
        save_frame(connection, made)
    if as_json:
        click.echo(json.dumps(_frame_json(made, (made,)), ensure_ascii=False))
        return
    click.echo(f"已登记 registered: {made.id}  {made.title_zh}  {made.title_en}  ({made.area})")


def _dsn(data: Path | None) -> str:
    """The installation that the command, or the group before it, was told."""
    outer = click.get_current_context().obj
    return Site.read(data or outer).dsn()


def _text(file: Path) -> str:
    from spatial.errors import TooLarge, UnreadableFile

    if file.stat().st_size > 100_000:
        raise TooLarge(
            f"文件过大,不是坐标系定义:{file.name}",
            f"too large for the definition of a frame: {file.name}",
            value=file.name,
        )
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return file.read_text(encoding=codec)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(
        f"坐标系定义不是文本文件:{file.name}",
        f"the definition is not a text file: {file.name}",
        value=file.name,
    )


def _tell_fit(fitted: Fit, mark: str = "") -> None:
    worst = _worst(fitted)
    click.echo(
        f"{fitted.name}@{fitted.version}  {fitted.source} → {fitted.target}  {fitted.model.value}  "
        f"精度 accuracy ±{fitted.accuracy_m:.4f} m{mark}"
    )
    click.echo(
        f"  控制点 points {len(fitted.residuals)}, 自由度 degrees of freedom {fitted.degrees_of_freedom}, "
        f"中误差 RMSE {fitted.rmse_m:.4f} m, "
        f"最差点 worst point {worst.point} ({worst.leave_one_out_m:.4f} m)"
    )


def _worst(fitted: Fit) -> Residual:
    return max(fitted.residuals, key=lambda each: each.leave_one_out_m)


def _blunder(fitted: Fit) -> Residual | None:
    """The worst point where it stands out from the others by far."""
    worst = _worst(fitted)
    usual = median(each.leave_one_out_m for each in fitted.residuals)
    return worst if worst.leave_one_out_m > BLUNDER * usual else None


def _fit_json(fitted: Fit) -> dict[str, object]:
    blunder = _blunder(fitted)
    return {
        **fitted.to_json(),
        "worst_point": _worst(fitted).point,
        "suspected_blunder": None if blunder is None else blunder.point,
    }


def _frame_json(each: Frame, own: tuple[Frame, ...]) -> dict[str, object]:
    area = each.area
    return {
        "id": each.id,
        "uri": each.uri,
        "title": {"zh": each.title_zh, "en": each.title_en},
        "kind": each.kind.value,
        "datum": each.datum,
        "base": each.base,
        "edge_order": each.edge_order.value,
        "central_meridian_deg": each.central_meridian_deg,
        "zone": each.zone,
        "area_deg": [area.west_deg, area.south_deg, area.east_deg, area.north_deg],
        "local": each in own,
    }
