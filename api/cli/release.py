"""``release``: how much contiguous large-scale data may leave, and who has an approval for more."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from api.cli.access import acting, author_option, instant
from api.cli.site import data_option, json_option, site_of
from spatial.errors import InvalidInput


@click.group()
@data_option
@click.pass_context
def release(ctx: click.Context, data: Path | None) -> None:
    """成果提供限额 Limits of contiguous large-scale data, by class of scale; nothing is limited until marked.

    What a department takes of marked layers is added up on a grid; where the
    largest connected piece would pass the threshold, the request is refused
    until an approval is entered.

    \b
    Example:
      ./onemap release class large-scale --author 张伟
      ./onemap release mark topography-1000 large-scale --author 张伟
      ./onemap release approve large-scale 水利局 潍测保〔2026〕3号 --until 2026-12-31 --author 张伟
    """
    ctx.obj = data


@release.command(name="class")
@click.argument("name")
@click.option("--threshold-km2", default="25.0", show_default=True, help="限额 Area that may leave.")
@click.option("--cell-m", type=click.IntRange(10, 1000), default=100, show_default=True, help="格网 Cell.")
@click.option(
    "--period-days", type=click.IntRange(1, 36_500), default=36_500, show_default=True, help="累计期 Period."
)
@author_option
@data_option
def set_class(
    name: str, threshold_km2: str, cell_m: int, period_days: int, author: str, data: Path | None
) -> None:
    """设定类别 Make a class, or change its limits.

    \b
    Example:
      ./onemap release class large-scale --threshold-km2 25.0 --author 张伟
    """
    from spatial.access import release as limits
    from spatial.catalogue.city import read_city

    city = read_city(site_of(data).settings.city)
    with acting(data, author) as connection:
        limits.set_class(
            connection,
            name,
            srid=limits.plane_srid(city.central_meridian_deg),
            by=author,
            threshold_km2=_decimal(threshold_km2),
            cell_m=cell_m,
            period_days=period_days,
        )
    click.echo(f"已设定 set: {name} ≤ {threshold_km2} km²")


@release.command()
@click.argument("layer")
@click.argument("name", required=False)
@author_option
@data_option
def mark(layer: str, name: str | None, author: str, data: Path | None) -> None:
    """标记图层 Put a layer into a class; without a class, take it out.

    \b
    Example:
      ./onemap release mark topography-1000 large-scale --author 张伟
    """
    from spatial.access import release as limits

    with acting(data, author) as connection:
        limits.mark(connection, layer, name, by=author)
    click.echo(f"已标记 marked: {layer} → {name or '-'}")


@release.command()
@click.argument("name")
@click.argument("holder")
@click.argument("number")
@click.option("--until", required=True, help="截止 Instant or Beijing day at which it ends.")
@author_option
@data_option
def approve(name: str, holder: str, number: str, until: str, author: str, data: Path | None) -> None:
    """登记批准 Enter an approval of a class for a department (or a person without one), by its number.

    \b
    Example:
      ./onemap release approve large-scale 水利局 潍测保〔2026〕3号 --until 2026-12-31 --author 张伟
    """
    from spatial.access import release as limits

    ends = instant(until)
    assert ends is not None  # the option is required
    with acting(data, author) as connection:
        limits.approve(connection, name, holder, number, ends, by=author)
    click.echo(f"已登记 entered: {name} {holder} {number}")


@release.command(name="list")
@data_option
@json_option
def list_limits(data: Path | None, as_json: bool) -> None:
    """限额清单 Classes, marked layers, and the largest connected piece of each holder.

    \b
    Example:
      ./onemap release list
    """
    from spatial.access import release as limits
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        classes, marked = limits.classes(connection), limits.marked(connection)
        taken = limits.taken(connection)
    if as_json:
        told = {
            "classes": [
                {"name": each.name, "threshold_km2": float(each.threshold_km2), "cell_m": each.cell_m}
                for each in classes.values()
            ],
            "layers": {layer: of.name for layer, of in marked.items()},
            "taken": [{"class": c, "holder": h, "area_km2": float(area)} for c, h, area in taken],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in classes.values():
        layers = ", ".join(layer for layer, of in marked.items() if of.name == each.name) or "-"
        click.echo(f"{each.name}  ≤ {each.threshold_km2} km²  {layers}")
    for name, holder, area in taken:
        click.echo(f"  {name}  {holder}  {area:.2f} km²")


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not (value.is_finite() and value > 0):
        raise InvalidInput(
            f"--threshold-km2 须为正数:{text}",
            f"--threshold-km2 must be a positive number: {text}",
            value=text,
        )
    return value
