"""``cameras``: where the cameras along the rivers have their pictures from, and what is due taken by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from api.cli.site import data_option, json_option, site_of


@click.group()
@data_option
@click.pass_context
def cameras(ctx: click.Context, data: Path | None) -> None:
    """河道视频 Cameras along the rivers: sources of pictures, snapshots, their archive.

    \b
    Example:
      ./onemap cameras sources --add hanqiao --folder /srv/cameras/hanqiao
      ./onemap schedule add 河道抓拍 '*/10 * * * *' camera-snapshot '{}'
      ./onemap schedule add 抓拍归档 '20 0 * * *' camera-archive '{}'
    """
    ctx.obj = data


@cameras.command()
@click.option("--add", "added", help="登记 Declare a source under this name.")
@click.option("--folder", type=click.Path(path_type=Path), help="文件夹 The newest picture in a folder.")
@click.option("--http", "address", help="地址 What an http(s) address of the intranet gives.")
@click.option("--remove", help="除名 Ask this source no longer.")
@data_option
@json_option
def sources(
    added: str | None,
    folder: Path | None,
    address: str | None,
    remove: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """画面来源 Declare where pictures come from; nothing that is not declared here is ever asked.

    \b
    Example:
      ./onemap cameras sources
      ./onemap cameras sources --add gate-1 --http http://10.0.0.8/snapshot.jpg
    """
    from spatial.database import connect
    from water.cameras import store
    from water.cameras.source import CameraSource, Kind

    if (added is not None) != ((folder is None) != (address is None)):
        raise click.UsageError("--add 须与 --folder 或 --http 之一同用 goes with one of --folder, --http")
    with connect(site_of(data).dsn()) as connection, connection.transaction():
        if added is not None and folder is not None:
            store.declare(connection, CameraSource(added, Kind.FOLDER, str(folder.absolute())))
        if added is not None and address is not None:
            store.declare(connection, CameraSource(added, Kind.HTTP, address))
        if remove is not None and not store.undeclare(connection, remove):
            raise click.UsageError(f"没有这个来源 no such source: {remove}")
        found = store.sources(connection)
    if as_json:
        told = [{"name": each.name, "kind": each.kind, "address": each.address} for each in found.values()]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in found.values():
        click.echo(f"{each.name}  {each.kind}  {each.address}")


@cameras.command()
@data_option
def take(data: Path | None) -> None:
    """抓拍 Take what is due now, as the schedule does.

    \b
    Example:
      ./onemap cameras take
    """
    from spatial.database import connect
    from spatial.datum import BEIJING
    from water.cameras import snapshots

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        for each in snapshots.take(connection, datetime.now(BEIJING)):
            click.echo(f"{each.camera}  {each.slot:%Y-%m-%d %H:%M}  {each.state}  {each.detail}")
