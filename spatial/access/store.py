"""Keys and grants in the database. Everything runs inside the caller's transaction.

Whoever listens on ``onemap_access`` hears of a change when that transaction
commits. The audit of each change is written by the database at the same commit,
in the name of whom :func:`act_as` put into the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from spatial.access import keys
from spatial.access.keys import Key
from spatial.access.model import NOTHING, GrantedRights, Principal, Right, Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Sharing
from spatial.database import Connection
from spatial.errors import InvalidInput, NotFound, Refused, shorten

CHANNEL = "onemap_access"
NAME_MAX = 200


class NoSuchKey(NotFound):
    """No key of that id 无此密钥."""

    code = "no-such-key"


class NoSuchGrant(NotFound):
    """No grant of that number 无此授权."""

    code = "no-such-grant"


@dataclass(frozen=True, slots=True)
class Grant:
    """A right on one layer, given to a department."""

    id: int
    layer: str
    department: str
    right: Right
    granted_at: datetime
    granted_by: str
    until: datetime | None = None
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Neither revoked nor over."""
        return self.revoked_at is None and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Admissions:
    """All keys and grants that stand, as a server holds them in memory."""

    keys: Mapping[bytes, Key] = field(default_factory=dict)
    """By the SHA-256 of their text."""
    grants: Mapping[tuple[str, str], tuple[Grant, ...]] = field(default_factory=dict)
    """By layer and department."""

    def granted(self, layer_id: str, department: str | None, now: datetime) -> GrantedRights:
        """What a department was granted on a layer; whoever may do more may also read."""
        held = self.grants.get((layer_id, department or ""))
        if not held:
            return NOTHING
        found = frozenset(grant.right for grant in held if grant.holds(now))
        return found | {Right.READ} if found else NOTHING

    def lasting(self, layer_id: str, department: str | None) -> bool:
        """Whether no instant changes what the department was granted on the layer."""
        return all(grant.until is None for grant in self.grants.get((layer_id, department or ""), ()))


def act_as(connection: Connection, principal: Principal, request: str | None = None) -> None:
    """Name who acts, for the audit of this transaction."""
    connection.execute("select set_config('spatial.actor', %s::text, true)", (_actor(principal, request),))


def _actor(principal: Principal, request: str | None) -> Jsonb:
    return Jsonb(actor(principal, request))


def actor(principal: Principal, request: str | None = None) -> dict[str, str | None]:
    """Who acts, as the audit takes it."""
    return {
        "subject": principal.subject,
        "department": principal.department,
        "origin": principal.origin.value,
        "credential": principal.credential,
        "request": request,
    }


def admissions(connection: Connection) -> Admissions:
    """Keys and grants that stand now."""
    by_digest = {key.sha256: key for key in all_keys(connection) if key.revoked_at is None}
    grants: dict[tuple[str, str], tuple[Grant, ...]] = {}
    for grant in all_grants(connection):
        if grant.revoked_at is None:
            pair = (grant.layer, grant.department)
            grants[pair] = (*grants.get(pair, ()), grant)
    return Admissions(by_digest, grants)


def add_key(
    connection: Connection,
    subject: str,
    department: str | None,
    roles: Iterable[Role],
    *,
    by: str,
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """A new key, and its whole text, which nobody can be shown again."""
    _name("subject", subject)
    if department is not None:
        _name("department", department)
    id, text = keys.make()
    digest = keys.digest(text)
    connection.execute(
        "insert into spatial.api_key (id, sha256, subject, department, roles, created_by, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (id, digest, subject, department, sorted(roles), by, expires_at),
    )
    _notify(connection)
    return key(connection, id), text


def key(connection: Connection, id: str) -> Key:
    """One key; ``NoSuchKey`` where there is none."""
    found = [each for each in all_keys(connection) if each.id == id.removeprefix(keys.PREFIX)]
    if not found:
        shown = shorten(id)
        raise NoSuchKey(
            f"没有这个密钥,请查看密钥清单:{shown}",
            f"no such key, see the list of keys: {shown}",
            value=shown,
        )
    return found[0]


def revoke_key(connection: Connection, id: str, *, by: str) -> Key:
    """A key that opens nothing from now on; revoking it again changes nothing."""
    found = key(connection, id)
    connection.execute(
        "update spatial.api_key set revoked_at = clock_timestamp(), revoked_by = %s"
        " where id = %s and revoked_at is null",
        (by, found.id),
    )
    _notify(connection)
    return key(connection, found.id)


def all_keys(connection: Connection) -> tuple[Key, ...]:
    """Every key there ever was, newest first."""
    rows = connection.execute(
        "select id, sha256, subject, department, roles, created_at, created_by, expires_at, revoked_at,"
        " last_used from spatial.api_key order by created_at desc, id"
    ).fetchall()
    return tuple(
        Key(id, bytes(sha256), subject, department, frozenset(map(Role, roles)), *rest)
        for id, sha256, subject, department, roles, *rest in rows
    )


def used(connection: Connection, ids: Iterable[str]) -> None:
    """Note that these keys were used today, Beijing time."""
    connection.execute(
        "update spatial.api_key set last_used = (now() at time zone 'Asia/Shanghai')::date where id = any(%s)"
        " and last_used is distinct from (now() at time zone 'Asia/Shanghai')::date",
        (list(ids),),
    )


def add_grant(
    connection: Connection,
    layer_id: str,
    department: str,
    right: Right,
    *,
    by: str,
    until: datetime | None = None,
) -> Grant:
    """Give a department a right on a layer; a layer that is not shared is granted to nobody."""
    contract = catalogue.get(connection, layer_id).contract
    _name("department", department)
    if contract.sharing is Sharing.CLOSED:
        raise Refused(
            f"图层为不予共享,不能授权;请主管部门 {contract.steward} 先改契约的共享类型:{layer_id}",
            f"the layer is not shared, so it cannot be granted; its steward {contract.steward} has to change"
            f" the sharing in its contract first: {layer_id}",
            value=layer_id,
        )
    row = connection.execute(
        'insert into spatial.layer_grant (layer, department, "right", granted_by, until)'
        " values (%s, %s, %s, %s, %s) returning id",
        (layer_id, department, right.value, by, until),
    ).fetchone()
    assert row is not None  # an insert that returns gives one
    _notify(connection)
    return grant(connection, row[0])


def grant(connection: Connection, id: int) -> Grant:
    """One grant; ``NoSuchGrant`` where there is none."""
    found = all_grants(connection, id)
    if not found:
        raise NoSuchGrant(
            f"没有这项授权,请查看授权清单:{id}", f"no such grant, see the list of grants: {id}", value=id
        )
    return found[0]


def revoke_grant(connection: Connection, id: int, *, by: str) -> Grant:
    """End a grant; it stays in the list."""
    connection.execute(
        "update spatial.layer_grant set revoked_at = clock_timestamp(), revoked_by = %s"
        " where id = %s and revoked_at is null",
        (by, id),
    )
    _notify(connection)
    return grant(connection, id)


def all_grants(connection: Connection, id: int | None = None) -> tuple[Grant, ...]:
    """Every grant there ever was, oldest first; the one of that number where one is named."""
    with connection.cursor(row_factory=class_row(_GrantRow)) as cursor:
        rows = cursor.execute(
            'select id, layer, department, "right", granted_at, granted_by, until, revoked_at'
            " from spatial.layer_grant where %(id)s::bigint is null or id = %(id)s order by id",
            {"id": id},
        ).fetchall()
    return tuple(row.grant() for row in rows)


@dataclass(frozen=True, slots=True)
class _GrantRow:
    id: int
    layer: str
    department: str
    right: str
    granted_at: datetime
    granted_by: str
    until: datetime | None
    revoked_at: datetime | None

    def grant(self) -> Grant:
        return Grant(
            self.id,
            self.layer,
            self.department,
            Right(self.right),
            self.granted_at,
            self.granted_by,
            self.until,
            self.revoked_at,
        )


def _name(what: str, text: str) -> None:
    if not text.strip() or len(text) > NAME_MAX or not text.isprintable():
        raise InvalidInput(
            f"{what} 须为 1–{NAME_MAX} 个可见字符:{text[:40]!r}",
            f"{what} must be 1 to {NAME_MAX} printable characters: {text[:40]!r}",
            value=shorten(text, 40),
        )


def _notify(connection: Connection) -> None:
    connection.execute("select pg_notify(%s, '')", (CHANNEL,))
