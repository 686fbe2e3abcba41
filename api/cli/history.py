"""``history`` and ``verify``: who changed what, when and why; and whether it still stands as written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.failure import EXIT_CODES
from api.cli.site import Site, data_option, json_option
from spatial.errors import IntegrityBroken

if TYPE_CHECKING:
    from spatial.database import Connection
    from spatial.history.model import Change, Changeset, Verification, Version

SHOWN = 20
_OF_VERSION = ("valid_from", "valid_to", "changeset")
"""Members of a feature that its version says already."""


@click.command()
@click.argument("layer", required=False)
@click.argument("fid", required=False)
@click.option("--changeset", type=click.IntRange(1), help="变更集 Changeset whose changes are shown.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=SHOWN, show_default=True, help="条数 How many."
)
@data_option
@json_option
def history(
    layer: str | None, fid: str | None, changeset: int | None, limit: int, data: Path | None, as_json: bool
) -> None:
    """变更历史 Who changed what, when and why.

    The changesets of everything or of one LAYER; the versions of one feature
    (LAYER FID); or what one changeset changed (--changeset N).

    \b
    Example:
      ./onemap history base-stations
      ./onemap history base-stations SYN-5G-000001
      ./onemap history --changeset 12 --json
    """
    from spatial.database import connect

    with connect(Site.read(data).dsn(), autocommit=True) as connection:
        if changeset is not None:
            _show_changeset(connection, changeset, limit, as_json=as_json)
        elif layer is not None and fid is not None:
            _show_versions(connection, layer, fid, as_json=as_json)
        else:
            _show_changesets(connection, layer, limit, as_json=as_json)


def _show_changesets(connection: Connection, layer: str | None, limit: int, *, as_json: bool) -> None:
    from spatial.catalogue.store import get
    from spatial.history import ledger

    if layer is not None:
        get(connection, layer)  # an unknown layer is an error, not an empty history
    found = ledger.changesets(connection, layer, limit)
    if as_json:
        _print_json(found)
        return
    for entry in found:
        click.echo(_headline(entry))


def _headline(entry: Changeset) -> str:
    when = f"{entry.recorded_at:%Y-%m-%d %H:%M:%S}"
    return (
        f"#{entry.id}  {when}  {entry.layer}  +{entry.opened} −{entry.closed}  "
        f"{entry.department} {entry.author}:{entry.reason}"
    )


def _show_versions(connection: Connection, layer: str, fid: str, *, as_json: bool) -> None:
    from spatial.catalogue.store import get
    from spatial.errors import NotFound
    from spatial.history import diff

    found: tuple[Version, ...] = tuple(diff.versions(connection, get(connection, layer).table, fid))
    if not found:
        raise NotFound(
            f"图层 {layer} 中没有这个要素:{fid}", f"layer {layer} holds no such feature: {fid}", value=fid
        )
    if as_json:
        _print_json(found)
        return
    for version in found:
        click.echo(_version_line(version))


def _version_line(version: Version) -> str:
    """When it was true, when it was believed, by which changesets, and its values."""
    properties = json.loads(version.feature)["properties"]
    values = {name: value for name, value in properties.items() if name not in _OF_VERSION}
    closed = "" if version.closed_by is None else f" → #{version.closed_by} {_minute(version.recorded_to)}"
    return (
        f"有效 valid {_minute(version.valid_from)} … {_minute(version.valid_to)}  "
        f"记录 recorded #{version.opened_by} {_minute(version.recorded_from)}{closed}\n"
        f"  {json.dumps(values, ensure_ascii=False)}"
    )


def _minute(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M}"


def _show_changeset(connection: Connection, number: int, limit: int, *, as_json: bool) -> None:
    from spatial.catalogue.store import get
    from spatial.history import diff, ledger

    entry = ledger.changeset(connection, number)
    table = get(connection, entry.layer).table
    changes = list(islice(diff.of_changeset(connection, table, number), limit))
    if as_json:
        click.echo(json.dumps({**_mapping(entry), "changes": _plain(changes)}, ensure_ascii=False))
        return
    click.echo(_headline(entry))
    for change in changes:
        since = _minute(change.valid_from)
        click.echo(f"  {change.kind.value:<7} {change.fid}  自 since {since}  {_fields_line(change)}")
    if len(changes) == limit and entry.opened + entry.closed > limit:
        click.echo("  … (--limit)")


def _shown(value: object) -> object:
    return "–" if value is None else _plain(value)


def _fields_line(change: Change) -> str:
    """The changed values; of a geometry only that it changed."""
    return ", ".join(
        one.name if one.name == "geom" else f"{one.name}: {_shown(one.old)} → {_shown(one.new)}"
        for one in change.fields
    )


@click.command()
@click.argument("layer", required=False)
@data_option
@json_option
def verify(layer: str | None, data: Path | None, as_json: bool) -> None:
    """校验历史 Compare everything stored with its hashes. Exit code 7 names each tampered changeset.

    \b
    Example:
      ./onemap verify
      ./onemap verify base-stations --json
    """
    from spatial.catalogue.store import get
    from spatial.database import connect
    from spatial.history import ledger

    with connect(Site.read(data).dsn(), autocommit=True) as connection:
        if layer is not None:
            get(connection, layer)
        found: Verification = ledger.verify(connection, layer)
    if as_json:
        _print_json({"ok": found.ok, **_mapping(found)})
    else:
        click.echo(f"变更集 changesets {found.changesets}, 版本 versions {found.versions}")
        for broken in found.broken:
            click.echo(f"#{broken.changeset} {broken.layer}: {broken.zh}", err=True)
            click.echo(f"#{broken.changeset} {broken.layer}: {broken.en}", err=True)
        click.echo(
            "完好,与写入时一致。Intact, as it was written." if found.ok else "历史被篡改。Tampered with."
        )
    if not found.ok:
        raise click.exceptions.Exit(EXIT_CODES[IntegrityBroken])


def _print_json(value: object) -> None:
    click.echo(json.dumps(_plain(value), ensure_ascii=False))


def _mapping(value: object) -> dict[str, object]:
    plain = _plain(value)
    assert isinstance(plain, dict)
    return plain


def _plain(value: object) -> object:
    """What a script can read: dataclasses as objects, hashes in hex, instants in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
