"""``key``, ``grant``, ``audit``: who may come in, what they may do, and what they did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.failure import EXIT_CODES
from api.cli.site import data_option, json_option, site_of
from spatial.errors import IntegrityBroken

if TYPE_CHECKING:
    from spatial.access.keys import Key
    from spatial.access.model import Principal
    from spatial.access.store import Grant
    from spatial.database import Connection

ROLES = ("reader", "editor", "steward", "security-administrator", "auditor")
RIGHTS = ("read", "read-internal", "edit", "review", "manage")
author_option = click.option("--author", required=True, help="经办人 Who does this; stands in the audit.")
by_option = click.option(
    "--author", help="经办人 Who does this; stands in the audit. Else the account on this machine."
)


@click.group()
@data_option
@click.pass_context
def key(ctx: click.Context, data: Path | None) -> None:
    """密钥 API keys, for the programs of departments.

    Only a digest is kept: the text of a key is shown once, when it is made.

    \b
    Example:
      ./onemap key add 水利调度 --department 水利局 --role reader --author 张伟
      ./onemap key list
    """
    ctx.obj = data


@key.command(name="add")
@click.argument("subject")
@click.option("--department", help="部门 Department, as stewards are named in contracts.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="角色 Role.")
@click.option("--expires", help="到期 Instant or Beijing day from which it opens nothing.")
@author_option
@data_option
@json_option
def add_key(
    subject: str,
    department: str | None,
    roles: tuple[str, ...],
    expires: str | None,
    author: str,
    data: Path | None,
    as_json: bool,
) -> None:
    """新密钥 Make a key, and show it this once.

    \b
    Example:
      ./onemap key add 水利调度 --department 水利局 --role reader --expires 2027-01-01 --author 张伟
    """
    from spatial.access import store
    from spatial.access.model import Role

    with acting(data, author) as connection:
        made, text = store.add_key(
            connection, subject, department, map(Role, roles), by=author, expires_at=instant(expires)
        )
    if as_json:
        click.echo(json.dumps({**_key(made), "key": text}, ensure_ascii=False))
        return
    click.echo(text)
    click.echo("只此一次示出,请妥善保管。It is shown this once; keep it safe.", err=True)


@key.command(name="list")
@data_option
@json_option
def list_keys(data: Path | None, as_json: bool) -> None:
    """密钥清单 Every key there ever was: what names it, whose it is, whether it holds.

    \b
    Example:
      ./onemap key list
    """
    from spatial.access import store
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        found = store.all_keys(connection)
    if as_json:
        click.echo(json.dumps([_key(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        state = "已撤销 revoked" if each.revoked_at else "有效 holds"
        roles = ", ".join(sorted(each.roles))
        click.echo(f"{each.shown}  {each.subject}  {each.department or '-'}  {roles}  {state}")


@key.command(name="revoke")
@click.argument("id")
@author_option
@data_option
@json_option
def revoke_key(id: str, author: str, data: Path | None, as_json: bool) -> None:
    """撤销密钥 Revoke a key; every server knows within a second.

    \b
    Example:
      ./onemap key revoke omk_1a2b3c4d --author 张伟
    """
    from spatial.access import store

    with acting(data, author) as connection:
        ended = store.revoke_key(connection, id, by=author)
    click.echo(json.dumps(_key(ended), ensure_ascii=False) if as_json else f"已撤销 revoked: {ended.shown}")


@click.group()
@data_option
@click.pass_context
def grant(ctx: click.Context, data: Path | None) -> None:
    """授权 Rights on layers, granted to departments.

    The steward department of a layer needs none.

    \b
    Example:
      ./onemap grant add base-stations 水利局 read --author 张伟
      ./onemap grant list
    """
    ctx.obj = data


@grant.command(name="add")
@click.argument("layer")
@click.argument("department")
@click.argument("right", type=click.Choice(RIGHTS))
@click.option("--until", help="截止 Instant or Beijing day at which it ends.")
@author_option
@data_option
@json_option
def add_grant(
    layer: str, department: str, right: str, until: str | None, author: str, data: Path | None, as_json: bool
) -> None:
    """授权 Grant a department a right on a layer; whoever may do more may also read.

    \b
    Example:
      ./onemap grant add base-stations 水利局 read-internal --until 2027-01-01 --author 张伟
    """
    from spatial.access import store
    from spatial.access.model import Right

    with acting(data, author) as connection:
        made = store.add_grant(connection, layer, department, Right(right), by=author, until=instant(until))
    click.echo(json.dumps(_grant(made), ensure_ascii=False) if as_json else f"已授权 granted: {_line(made)}")


@grant.command(name="list")
@data_option
@json_option
def list_grants(data: Path | None, as_json: bool) -> None:
    """授权清单 Every grant there ever was.

    \b
    Example:
      ./onemap grant list
    """
    from spatial.access import store
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        found = store.all_grants(connection)
    if as_json:
        click.echo(json.dumps([_grant(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        click.echo(_line(each) + ("  已撤销 revoked" if each.revoked_at else ""))


@grant.command(name="revoke")
@click.argument("number", type=click.IntRange(1))
@author_option
@data_option
@json_option
def revoke_grant(number: int, author: str, data: Path | None, as_json: bool) -> None:
    """撤销授权 End a grant; it stays in the list.

    \b
    Example:
      ./onemap grant revoke 3 --author 张伟
    """
    from spatial.access import store

    with acting(data, author) as connection:
        ended = store.revoke_grant(connection, number, by=author)
    click.echo(
        json.dumps(_grant(ended), ensure_ascii=False) if as_json else f"已撤销 revoked: {_line(ended)}"
    )


@click.group()
@data_option
@click.pass_context
def audit(ctx: click.Context, data: Path | None) -> None:
    """审计 The audit: every write, every read of restricted data, every refusal.

    \b
    Example:
      ./onemap audit list
      ./onemap audit verify
    """
    ctx.obj = data


@audit.command(name="list")
@click.option("--layer", help="图层 Of this layer only.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="条数 How many.")
@click.option("--before", type=click.IntRange(1), help="编号 Older than this number.")
@data_option
@json_option
def list_entries(layer: str | None, limit: int, before: int | None, data: Path | None, as_json: bool) -> None:
    """审计记录 The newest entries first.

    \b
    Example:
      ./onemap audit list --layer base-stations --limit 20
    """
    from spatial.access import audit as held
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        found = held.entries(connection, limit=limit, before=before, layer=layer)
    for each in found:
        if as_json:
            told = {name: getattr(each, name) for name in _ENTRY} | {"at": each.at.isoformat()}
            click.echo(json.dumps(told, ensure_ascii=False))
            continue
        who = f"{each.department or '-'} {each.subject}"
        click.echo(
            f"{each.id:>8} {each.at:%Y-%m-%d %H:%M:%S} {each.outcome:<6} {each.action:<14} {who}"
            f"  {each.layer or ''} {each.target or ''}"
        )


@audit.command(name="verify")
@click.option("--head", help="留存的链首 A head kept outside, as an earlier verify printed it.")
@data_option
@json_option
def verify_entries(head: str | None, data: Path | None, as_json: bool) -> None:
    """核验审计 Follow the chain of the audit; name each place where it was tampered with.

    Keep the head that is printed outside: with it, even a chain rewritten as a
    whole is found.

    \b
    Example:
      ./onemap audit verify
      ./onemap audit verify --head 1204:9f86d081…
    """
    from spatial.access import audit as held
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        found = held.verify(connection, head)
    if as_json:
        faults = [{"id": fault.id, "zh": fault.zh, "en": fault.en} for fault in found.faults]
        told = {"entries": found.entries, "head": found.head, "faults": faults}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for fault in found.faults:
            click.echo(f"⚠ {fault.zh} {fault.en}")
        click.echo(f"{found.entries} 条记录 entries, 链首 head {found.head or '-'}")
    if not found.ok:
        raise click.exceptions.Exit(EXIT_CODES[IntegrityBroken])


_ENTRY = (
    "id", "subject", "department", "origin", "credential", "action", "layer", "target", "outcome", "request",
    "details",
)  # fmt: skip


@contextmanager
def acting(data: Path | None, author: str) -> Iterator[Connection]:
    """One transaction of the operator who is named."""
    from spatial.access.model import operator
    from spatial.access.store import act_as
    from spatial.database import connect

    with connect(site_of(data).dsn()) as connection:
        act_as(connection, operator(author))
        yield connection


def acting_principal(author: str | None, department: str | None = None) -> Principal:
    """The operator who is named, else the account of the operating system."""
    from getpass import getuser

    from spatial.access.model import operator

    return replace(operator(author or getuser()), department=department)


def instant(text: str | None) -> datetime | None:
    """An option that is an instant or a Beijing day."""
    from spatial.datum.clock import parse_instant

    return None if text is None else parse_instant(text)


def _key(key: Key) -> dict[str, object]:
    return {
        "id": key.shown,
        "subject": key.subject,
        "department": key.department,
        "roles": sorted(key.roles),
        "created": key.created_at.isoformat(),
        "expires": key.expires_at.isoformat() if key.expires_at else None,
        "revoked": key.revoked_at.isoformat() if key.revoked_at else None,
        "last_used": key.last_used.isoformat() if key.last_used else None,
    }


def _grant(grant: Grant) -> dict[str, object]:
    return {
        "id": grant.id,
        "layer": grant.layer,
        "department": grant.department,
        "right": grant.right.value,
        "granted": grant.granted_at.isoformat(),
        "until": grant.until.isoformat() if grant.until else None,
        "revoked": grant.revoked_at.isoformat() if grant.revoked_at else None,
    }


def _line(grant: Grant) -> str:
    until = f"  至 until {grant.until:%Y-%m-%d}" if grant.until else ""
    return f"#{grant.id} {grant.layer} → {grant.department}: {grant.right}{until}"
