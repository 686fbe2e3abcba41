"""``archive``: hand papers in, list them, take them out, prove them; copies are in ``archive_copies``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from api.cli.archive_copies import audit, copies, publish, repair, restore, verify
from api.cli.site import Site, data_option, json_option

if TYPE_CHECKING:
    from spatial.database import Connection
    from water.archive.model import Receipt
    from water.archive.premis import Event


@click.group()
@data_option
@click.pass_context
def archive(ctx: click.Context, data: Path | None) -> None:
    """百年档案 The archive: hand papers in, prove them, audit and repair its copies, restore from one.

    \b
    Example:
      ./onemap archive copies --add /media/a --add /media/b --add /media/c
      ./onemap archive ingest river-works/W-17 竣工图.pdf --title 寒桥拦河闸 --author 张伟 \\
          --department 水利局 --reason 竣工归档
      ./onemap archive audit
    """
    ctx.obj = data


for _command in (copies, verify, audit, repair, publish, restore):
    archive.add_command(_command)


def _by_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--department", required=True, help="部门 For which department."),
        click.option("--author", required=True, help="经办人 Who hands it in."),
    ):
        command = option(command)
    return command


@contextmanager
def _connected(data: Path | None) -> Iterator[Connection]:
    from spatial.database import connect

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        yield connection


@archive.command()
@click.argument("work")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--title", required=True, help="题名 What the work is called.")
@click.option("--reason", required=True, help="事由 Why it is handed in.")
@click.option("--folder", default="", help="目录 Folder within the object, as 图纸/2026.")
@click.option("--without", multiple=True, help="移出 A path that the newest state no longer shows.")
@click.option("--synthetic", is_flag=True, help="合成数据 Generated data, to be stamped.")
@click.option("--convert", is_flag=True, help="转换 Pictures (JPEG, PNG) become TIFF, pixel for pixel.")
@click.option("--wait", is_flag=True, help="待批 Keep it safe, and enter it with the next `seal`.")
@_by_options
@data_option
@json_option
def ingest(
    work: str,
    files: tuple[Path, ...],
    title: str,
    reason: str,
    folder: str,
    without: tuple[str, ...],
    synthetic: bool,
    convert: bool,
    wait: bool,
    author: str,
    department: str,
    data: Path | None,
    as_json: bool,
) -> None:
    """入藏 Enter files for a work, for ever: WORK is as river-works/W-17.

    PDF/A, TIFF, GeoPackage, LAZ, IFC, JSON, CSV and UTF-8 text are kept; for others it is told
    what to convert them to.

    \b
    Example:
      ./onemap archive ingest river-works/W-17 竣工图.pdf --title 寒桥拦河闸 --author 张伟 \\
          --department 水利局 --reason 竣工归档
    """
    from spatial.datum import BEIJING
    from water.archive import deposit, holdings
    from water.archive.deposit import Edit
    from water.archive.model import Agent

    now, place = datetime.now(BEIJING), f"{folder.strip('/')}/" if folder else ""
    named: dict[str, Path | bytes] = {f"{place}{file.name}": file for file in files}
    with TemporaryDirectory() as aside, _connected(data) as connection:
        events = _converted(named, Path(aside), now) if convert else ()
        edit = Edit(
            *(work, title, reason, Agent(author, department), now, named, frozenset(without)),
            synthetic=synthetic,
            events=events,
        )
        if wait:
            deposit.submit(holdings.Holdings.of(connection).first, edit)
            _tell_waiting(work, as_json)
            return
        _tell([holdings.ingest(connection, edit)], as_json)


def _converted(named: dict[str, Path | bytes], aside: Path, now: datetime) -> tuple[Event, ...]:
    """Put TIFFs in the place of pictures; what was done to them."""
    from water.archive import migrate

    events = []
    for number, (name, source) in enumerate(list(named.items())):
        if isinstance(source, Path) and source.suffix.lower() in migrate.PICTURES:
            target = aside / f"{number}.tif"
            new, event = migrate.to_tiff(source, target, name, now)
            del named[name]
            named[new] = target
            events.append(event)
    return tuple(events)


def _tell_waiting(work: str, as_json: bool) -> None:
    told = {"work": work, "waiting": True}
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else f"已收,待批入藏 kept, waiting: {work}")


@archive.command()
@click.option("--ripe", is_flag=True, help="够批 Only works for which 3 MB or more wait.")
@data_option
@json_option
def seal(ripe: bool, data: Path | None, as_json: bool) -> None:
    """批量入藏 Enter what waits, one version a work.

    \b
    Example:
      ./onemap archive seal
    """
    from spatial.datum import BEIJING
    from water.archive import holdings

    with _connected(data) as connection:
        _tell(holdings.seal(connection, datetime.now(BEIJING), ripe_only=ripe), as_json)


@archive.command()
@click.argument("layer_ids", nargs=-1, metavar="LAYER...")
@click.option("--table", "tables", multiple=True, metavar="SCHEMA.TABLE", help="表 A plain table, whole.")
@click.option("--rivers", is_flag=True, help="水利全部 Every layer and table of the rivers.")
@_by_options
@data_option
@json_option
def layers(
    layer_ids: tuple[str, ...],
    tables: tuple[str, ...],
    rivers: bool,
    author: str,
    department: str,
    data: Path | None,
    as_json: bool,
) -> None:
    """图层归档 Archive what layers have gained since the last time, with their whole history.

    With ``--rivers``: every layer and table of the rivers, all that the cold start rebuilds them from.

    \b
    Example:
      ./onemap archive layers --rivers --author 张伟 --department 水利局
      ./onemap archive layers river-reaches river-works --author 张伟 --department 水利局
    """
    from spatial.datum import BEIJING
    from water.archive import holdings
    from water.archive.model import Agent

    with _connected(data) as connection:
        now = datetime.now(BEIJING)
        agent = Agent(author, department)
        done = holdings.archive_rivers(connection, agent, now) if rivers else ()
        done += holdings.archive_layers(connection, layer_ids, tables, agent, now)
    if as_json:
        told = [
            {
                "work": one.work,
                "changesets": one.changesets,
                "version": one.receipt.version if one.receipt else None,
            }
            for one in done
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in done:
        outcome = f"v{one.receipt.version}" if one.receipt else "没有新内容 nothing new"
        click.echo(f"{one.work}: {outcome},变更集 changesets {one.changesets}")


@archive.command(name="list")
@click.argument("object_id", required=False, metavar="[OBJECT]")
@click.option("--version", type=click.IntRange(1), help="版本 A version; else the newest.")
@data_option
@json_option
def list_objects(object_id: str | None, version: int | None, data: Path | None, as_json: bool) -> None:
    """清单 List the objects, or the files of one.

    \b
    Example:
      ./onemap archive list
      ./onemap archive list urn:onemap:370783:river-works/W-17:2025-2029 --version 2
    """
    from water.archive import holdings, reading
    from water.archive.log import LogState

    with _connected(data) as connection:
        copy = holdings.Holdings.of(connection).first
    if object_id is None:
        rows = [
            (one.object, f"v{one.versions}", one.last.time)
            for one in reading.objects(LogState.read(copy.place))
        ]
        names = ("object", "versions", "time")
    else:
        rows = [
            (each.path, str(each.bytes), each.media_type)
            for each in reading.entries(copy, object_id, version)
        ]
        names = ("path", "bytes", "mediaType")
    if as_json:
        told = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for row in rows:
        click.echo("  ".join(row))


@archive.command()
@click.argument("object_id", metavar="OBJECT")
@click.argument("path")
@click.option("--version", type=click.IntRange(1), help="版本 A version; else the newest.")
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="存为 Where to write it.",
)
@data_option
def get(object_id: str, path: str, version: int | None, output: Path, data: Path | None) -> None:
    """取出 Take a file out; its digest is checked first.

    \b
    Example:
      ./onemap archive get urn:onemap:370783:river-works/W-17:2025-2029 竣工图.pdf --output 竣工图.pdf
    """
    from spatial.files import replacing
    from water.archive import holdings, reading, storage

    with _connected(data) as connection:
        copy = holdings.Holdings.of(connection).first
    number = version or storage.require_inventory(copy, object_id).head
    content = reading.content(copy, object_id, number, path)
    with replacing(output) as fresh:
        fresh.write_bytes(content)
    click.echo(f"已取出 written: {output} ({len(content)} 字节 bytes)")


@archive.command()
@click.argument("object_id", metavar="OBJECT")
@click.option("--version", type=click.IntRange(1), help="版本 A version; else the newest.")
@click.option("--size", type=click.IntRange(1), help="日志长度 Against the root of so many entries.")
@data_option
@json_option
def proof(object_id: str, version: int | None, size: int | None, data: Path | None, as_json: bool) -> None:
    """存证 The proof that a version was entered: its place in the log and the path to the root.

    \b
    Example:
      ./onemap archive proof urn:onemap:370783:river-works/W-17:2025-2029 --json
    """
    from water.archive import holdings, storage
    from water.archive.log import LogState

    with _connected(data) as connection:
        copy = holdings.Holdings.of(connection).first
    number = version or storage.require_inventory(copy, object_id).head
    found = LogState.read(copy.place).proof(object_id, number, size)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    click.echo(f"案卷 object {found.leaf.object} v{found.leaf.version},{found.leaf.time}")
    click.echo(f"清单 inventory sha512 {found.leaf.sha512}")
    click.echo(
        f"第 {found.index + 1} 项,共 {found.head.size} 项 entry {found.index + 1} of {found.head.size}"
    )
    click.echo(f"根 root {found.head.root}")
    for step in found.path:
        click.echo(f"  {step}")


@archive.command()
@click.argument("object_id", metavar="OBJECT")
@click.option("--reason", required=True, help="事由 Why it should go.")
@_by_options
@data_option
def delete(object_id: str, reason: str, author: str, department: str, data: Path | None) -> None:
    """删除申请 Ask for an object to be deleted: it is recorded and refused; the archive is write-once.

    \b
    Example:
      ./onemap archive delete urn:onemap:370783:river-works/W-17:2025-2029 --author 张伟 \\
          --department 水利局 --reason 误传
    """
    from spatial.datum import BEIJING
    from water.archive import holdings
    from water.archive.model import Agent

    with _connected(data) as connection:
        agent, now = Agent(author, department), datetime.now(BEIJING)
        raise holdings.refuse_deletion(connection, object_id, agent, reason, now)


def _tell(receipts: list[Receipt] | tuple[Receipt, ...], as_json: bool) -> None:
    if as_json:
        told = [
            {
                "object": str(one.object),
                "version": one.version,
                "sha512": one.leaf.sha512,
                "index": one.index,
                "bytes": one.bytes,
                "copies": one.copies,
                "behind": one.behind,
            }
            for one in receipts
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in receipts:
        behind = f",未到 behind: {', '.join(one.behind)}" if one.behind else ""
        click.echo(f"已入藏 entered: {one.object} v{one.version},副本 copies {', '.join(one.copies)}{behind}")
    if not receipts:
        click.echo("没有待批的材料 nothing waits")
