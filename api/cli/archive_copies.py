"""The copies of the archive at the command line: register, follow, verify, audit, repair, restore."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.site import Site, data_option, json_option

if TYPE_CHECKING:
    from spatial.database import Connection
    from water.archive.model import Finding

SHOWN = 50
_PLACE = click.Path(file_okay=False, path_type=Path)
MEGABYTE = 1_000_000


@contextmanager
def _connected(data: Path | None) -> Iterator[Connection]:
    from spatial.database import connect

    with connect(Site.of_subcommand(data).dsn(), autocommit=True) as connection:
        yield connection


def _now() -> datetime:
    from spatial.datum import BEIJING

    return datetime.now(BEIJING)


@click.command()
@click.option("--add", "added", multiple=True, type=_PLACE, help="新增 Make or take over a copy there.")
@click.option("--remove", help="除名 Register a copy no longer; it stays where it is.")
@click.option("--sync", is_flag=True, help="同步 Bring copies that were away up to the others.")
@data_option
@json_option
def copies(added: tuple[Path, ...], remove: str | None, sync: bool, data: Path | None, as_json: bool) -> None:
    """副本 The copies: where they lie, how far they are, when they were audited last.

    \b
    Example:
      ./onemap archive copies --add /media/a --add /media/b --add /media/c
    """
    from water.archive import holdings, storage, store

    site = Site.of_subcommand(data)
    with _connected(data) as connection:
        for place in added:
            place = place.absolute()
            is_one = (place / "copy.json").exists()
            copy = storage.opened(place) if is_one else storage.create(place, place.name, site.settings.city)
            store.register(connection, copy.name, place, _now())
        if remove:
            store.forget(connection, remove)
        if sync or added:
            holdings.follow(connection, holdings.Holdings.of(connection), _now())
        found = holdings.standings(connection)
    if as_json:
        told = [
            {
                "name": one.name,
                "place": one.place,
                "reachable": one.reachable,
                "entries": one.head.size if one.head else None,
                "root": one.head.root if one.head else None,
                "lastAudit": one.last_audit,
            }
            for one in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in found:
        far = f"{one.head.size} 项 entries, {one.head.root[:16]}…" if one.head else "介质不在 away"
        click.echo(f"{one.name}  {one.place}  {far}  巡检 audit {one.last_audit or '–'}")
    if len(found) < 3:
        click.echo(f"应有三份副本,现有 there should be three copies, there are: {len(found)}")
    media = [one.device for one in found if one.device is not None]
    if len(media) > 1 and len(set(media)) == 1:
        click.echo("所有副本在同一介质上,会一起损坏 all copies lie on one medium and fail together")


@click.command()
@click.option("--at", "place", type=_PLACE, help="位置 A copy by its place; no database is needed.")
@click.option("--root", nargs=2, metavar="SIZE ROOT", help="日根 A published root that it must give.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="线程 Threads.")
@data_option
@json_option
def verify(
    place: Path | None, root: tuple[str, str] | None, threads: int, data: Path | None, as_json: bool
) -> None:
    """核验 Compare copies with everything that was entered; nothing is written.

    Ends with exit code 7 where anything is not as entered.

    \b
    Example:
      ./onemap archive verify --at /media/a --root 128 9f86d081884c7d65…
    """
    from spatial.errors import InvalidInput
    from water.archive import holdings, storage
    from water.archive import verify as verifying
    from water.archive.model import Head

    if root is not None and not root[0].isdecimal():
        raise InvalidInput(
            f"日志长度须为整数:{root[0]}", f"the size is a whole number: {root[0]}", value=root[0]
        )
    trusted = (Head(int(root[0]), root[1].lower()),) if root is not None else ()
    if place is not None:
        found = [storage.opened(place)]
    else:
        with _connected(data) as connection:
            held = holdings.Holdings.of(connection)
            found, trusted = list(held.here), (*trusted, *holdings.roots_to_give(connection, held))
    verdicts = {
        copy.name: verifying.check_copy(copy, verifying.Look(trusted, threads=threads)) for copy in found
    }
    _tell({name: (one.objects, one.bytes, one.findings) for name, one in verdicts.items()}, as_json)


@click.command()
@click.option("--copy", "name", help="副本 One copy by its name; else all that can be reached.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="限速 Megabytes a second, at most.")
@click.option("--limit", type=click.IntRange(1), help="限量 Stop after so many megabytes, go on next time.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="线程 Threads.")
@data_option
@json_option
def audit(
    name: str | None, rate: float | None, limit: int | None, threads: int, data: Path | None, as_json: bool
) -> None:
    """巡检 Read every byte again and record the outcome; goes on where the last one stopped.

    Nothing is repaired: `archive repair` does that. Ends with exit code 7 where anything is found.

    \b
    Example:
      ./onemap archive audit --rate 50
      ./onemap schedule add 档案巡检 '0 1 * * *' archive-audit '{"limit_mb": 20000}'
    """
    from water.archive import holdings
    from water.archive.audit import Audit

    asked = Audit(
        threads=threads,
        rate_bytes_s=rate * MEGABYTE if rate else None,
        limit_bytes=limit * MEGABYTE if limit else None,
    )
    with _connected(data) as connection:
        reports = holdings.check(connection, name, asked, _now())
    told = {
        copy: (one.verdict.objects, one.verdict.bytes, one.verdict.findings) for copy, one in reports.items()
    }
    _tell(told, as_json)


@click.command()
@click.argument("name")
@data_option
@json_option
def repair(name: str, data: Path | None, as_json: bool) -> None:
    """修复 Put a copy right from the others; what is replaced goes to its quarantine, all is recorded.

    \b
    Example:
      ./onemap archive repair b
    """
    from water.archive import holdings

    with _connected(data) as connection:
        done = holdings.repair(connection, name, _now())
    if as_json:
        told = [{"what": one.what, "from": one.source, "quarantine": one.quarantine} for one in done]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in done:
        click.echo(
            f"已修复 repaired: {one.what},来自 from {one.source or '–'},原件 kept in {one.quarantine or '–'}"
        )
    click.echo(f"共 {len(done)} 处 in all {len(done)}")


@click.command()
@data_option
@json_option
def publish(data: Path | None, as_json: bool) -> None:
    """日根 Publish the root of the day: print it, send it elsewhere, it proves everything entered so far.

    \b
    Example:
      ./onemap archive publish
      ./onemap schedule add 档案日根 '50 23 * * *' archive-publish '{}'
    """
    from water.archive import holdings

    with _connected(data) as connection:
        root = holdings.publish(connection, _now())
    told = {"day": root.day, "size": root.head.size, "root": root.head.root}
    click.echo(json.dumps(told) if as_json else f"{root.day}  {root.head.size} 项 entries  {root.head.root}")


@click.command()
@click.argument("works", nargs=-1)
@click.option("--from", "place", required=True, type=_PLACE, help="副本位置 The copy, by its place.")
@click.option("--root", nargs=2, metavar="SIZE ROOT", help="日根 A published root that it must give.")
@data_option
@json_option
def restore(
    works: tuple[str, ...], place: Path, root: tuple[str, str] | None, data: Path | None, as_json: bool
) -> None:
    """冷启动 Rebuild layers and tables from one copy alone, in a database that has none of them.

    \b
    Example:
      ./onemap archive restore --from /media/b
      ./onemap archive restore layers/river-works --from /media/b
    """
    from dataclasses import asdict

    from spatial.database import connect
    from water.archive import holdings, layers, storage, store
    from water.archive.model import Head

    copy = storage.opened(place)
    trusted = (Head(int(root[0]), root[1].lower()),) if root is not None and root[0].isdecimal() else ()
    with connect(Site.of_subcommand(data).dsn()) as connection:
        done = layers.restore(connection, copy, works or None, trusted)
        if copy.name not in {one.name for one in store.registered(connection)}:
            store.register(connection, copy.name, copy.place, _now())
        holdings.learn(connection, holdings.Holdings((copy,), ()))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in done], ensure_ascii=False))
        return
    for one in done:
        click.echo(
            f"已恢复 restored: {one.name},变更集 changesets {one.changesets},版本 versions {one.versions}"
        )


def _tell(found: dict[str, tuple[int, int, tuple[Finding, ...]]], as_json: bool) -> None:
    from water.errors import ArchiveDamaged

    findings = [each for _, _, some in found.values() for each in some]
    if as_json:
        told = {
            name: {
                "objects": objects,
                "bytes": size,
                "findings": [
                    {"fault": each.fault, "object": each.object, "path": each.path, "detail": each.detail}
                    for each in some
                ],
            }
            for name, (objects, size, some) in found.items()
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for name, (objects, size, some) in found.items():
            click.echo(f"{name}: {objects} 个案卷 objects, {size / MEGABYTE:.1f} MB, 异常 faults {len(some)}")
            for each in some[:SHOWN]:
                click.echo(f"  {each.zh}")
    if findings:
        raise ArchiveDamaged(
            f"档案有 {len(findings)} 处与登记不符,请用 archive repair 从另一副本修复:{findings[0].zh}",
            f"{len(findings)} parts of the archive are not as entered; run archive repair: {findings[0].en}",
            value=findings[0].path,
        )
