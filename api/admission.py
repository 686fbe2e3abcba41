"""Who one is, and the administration of access: keys, grants, the audit 访问管理.

Everything here is named: who may not administer is told so (401, 403). A key's
text leaves once, in the answer to its making.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from starlette.routing import Route

from api.body import json_object
from api.catalogue import Catalogue
from api.desk import Desk
from api.door import post_route, route
from api.pages import Pages
from api.parameters import COMMON, given, language, whole
from api.wire import Reply, Request
from spatial.access import audit, store
from spatial.access.audit import Entry
from spatial.access.keys import Key
from spatial.access.model import Principal, Right, Role
from spatial.access.store import Grant
from spatial.datum.clock import format_instant, parse_instant
from spatial.errors import Forbidden, InvalidInput, Unauthenticated, shorten

Document = dict[str, Any]
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000


class Admission:
    """The handlers of ``/access`` and ``/audit``."""

    def __init__(
        self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None, *, open_here: bool
    ) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url
        self._open_here = open_here

    def routes(self) -> list[Route]:
        """Who one is, keys, grants, the audit."""
        return [
            route("/access/me", self.me),
            route("/access/keys", self.keys, POST=self.add_key),
            post_route("/access/keys/{id}/revocation", self.revoke_key),
            route("/access/grants", self.grants, POST=self.add_grant),
            post_route("/access/grants/{number}/revocation", self.revoke_grant),
            route("/audit", self.audit),
        ]

    async def me(self, request: Request) -> Reply:
        """``/access/me``: who asks, as the platform knows them, and what they may do."""
        principal = request.principal
        seen = self._catalogue.seen_by(principal)
        return self._reply(
            request,
            {
                "subject": principal.subject,
                "department": principal.department,
                "roles": sorted(principal.roles),
                "origin": principal.origin,
                "credential": principal.credential,
                "openToThisMachine": self._open_here,
                "layers": [{"id": layer.id, "rights": sorted(layer.rights)} for layer in seen.values()],
            },
            "我是谁 Who I am",
        )

    async def keys(self, request: Request) -> Reply:
        """``/access/keys``: every key there ever was, without its secret."""
        _require(request.principal, Role.SECURITY_ADMINISTRATOR)
        found = await self._desk.run(store.all_keys)
        return self._reply(request, {"keys": [_key(each) for each in found]}, "密钥 Keys")

    async def add_key(self, request: Request) -> Reply:
        """A new key; its text is in this answer and nowhere else."""
        _require(request.principal, Role.SECURITY_ADMINISTRATOR)
        language(request, given(request.query_string, ("lang",)))
        asked = await _asked(request, "subject", "department", "roles", "expires")
        subject, department = _text(asked, "subject"), _text(asked, "department", needed=False)
        roles, expires = _roles(asked.get("roles")), _instant(asked, "expires")
        key, text = await self._desk.run(
            lambda connection: store.add_key(
                connection, subject or "", department, roles, by=request.principal.subject, expires_at=expires
            )
        )
        return _made({**_key(key), "key": text}, "/access/keys")

    async def revoke_key(self, request: Request) -> Reply:
        """``/access/keys/{id}/revocation``: the key opens nothing from now on."""
        _require(request.principal, Role.SECURITY_ADMINISTRATOR)
        language(request, given(request.query_string, ("lang",)))
        id, by = request.path_params["id"], request.principal.subject
        key = await self._desk.run(lambda connection: store.revoke_key(connection, id, by=by))
        return _json(_key(key))

    async def grants(self, request: Request) -> Reply:
        """``/access/grants``: of all layers, or of those one manages."""
        allowed = self._granting(request.principal)
        found = [each for each in await self._desk.run(store.all_grants) if allowed(each.layer)]
        return self._reply(request, {"grants": [_grant(each) for each in found]}, "授权 Grants")

    async def add_grant(self, request: Request) -> Reply:
        """A right on one layer for a department."""
        allowed = self._granting(request.principal)
        language(request, given(request.query_string, ("lang",)))
        asked = await _asked(request, "layer", "department", "right", "until")
        layer, department = _text(asked, "layer") or "", _text(asked, "department") or ""
        right, until = _right(asked.get("right")), _instant(asked, "until")
        self._require_layer(allowed, layer, request.principal)
        grant = await self._desk.run(
            lambda connection: store.add_grant(
                connection, layer, department, right, by=request.principal.subject, until=until
            )
        )
        return _made(_grant(grant), "/access/grants")

    async def revoke_grant(self, request: Request) -> Reply:
        """``/access/grants/{number}/revocation``: the grant ends; it stays in the list."""
        allowed = self._granting(request.principal)
        language(request, given(request.query_string, ("lang",)))
        number = whole("number", request.path_params["number"]) or 0
        by = request.principal.subject
        found = await self._desk.run(lambda connection: store.grant(connection, number))
        self._require_layer(allowed, found.layer, request.principal)
        grant = await self._desk.run(lambda connection: store.revoke_grant(connection, number, by=by))
        return _json(_grant(grant))

    async def audit(self, request: Request) -> Reply:
        """``/audit``: the newest entries first, of one layer or of all."""
        _require(request.principal, Role.AUDITOR)
        parameters = given(request.query_string, [*COMMON, "layer", "limit", "before"])
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        before, layer = whole("before", parameters.get("before")), parameters.get("layer")
        found = await self._desk.run(
            lambda connection: audit.entries(connection, limit=limit + 1, before=before, layer=layer)
        )
        base = request.base_url(self._base_url)
        links = [{"href": f"{base}/audit", "rel": "self", "type": "application/json"}]
        if len(found) > limit:
            of = f"&layer={layer}" if layer else ""
            following = f"{base}/audit?limit={limit}&before={found[limit - 1].id}{of}"
            links.append({"href": following, "rel": "next", "type": "application/json"})
        document = {"entries": [_entry(each) for each in found[:limit]], "links": links}
        return self._reply(request, document, "审计 Audit", parameters)

    def _granting(self, principal: Principal) -> Callable[[str], bool]:
        """Which layers' grants are somebody's business."""
        if Role.SECURITY_ADMINISTRATOR in principal.roles:
            return lambda layer: True
        _require(principal, Role.STEWARD)
        managed = {
            layer.id for layer in self._catalogue.seen_by(principal).values() if Right.MANAGE in layer.rights
        }
        return managed.__contains__

    def _require_layer(self, allowed: Callable[[str], bool], layer: str, principal: Principal) -> None:
        """Their business it must be; a layer that is hidden from them is unknown."""
        if not allowed(layer):
            self._catalogue.get(layer, principal).require(Right.MANAGE, principal)

    def _reply(
        self, request: Request, document: Document, title: str, parameters: Mapping[str, str] | None = None
    ) -> Reply:
        known = given(request.query_string, COMMON) if parameters is None else parameters
        base = request.base_url(self._base_url)
        return self._pages.reply(request, known, document, "plain.html", base, title=title)


def _require(principal: Principal, role: Role) -> None:
    """Refuse who has not this role: 401 for nobody in particular, else 403."""
    if role in principal.roles:
        return
    kind = Forbidden if principal.credential is not None else Unauthenticated
    raise kind(
        f"需要角色,请向安全管理员申请:{role}",
        f"this role is needed, ask a security administrator: {role}",
        value=role,
    )


async def _asked(request: Request, *known: str) -> Document:
    """The members of a JSON object, each of them known."""
    asked = json_object(await request.body())
    for name in asked:
        if name not in known:
            raise InvalidInput(
                f"没有这个成员,可用的有 {'、'.join(known)}:{shorten(name)}",
                f"no such member, there are {', '.join(known)}: {shorten(name)}",
                value=shorten(name),
            )
    return asked


def _text(asked: Document, name: str, *, needed: bool = True) -> str | None:
    value = asked.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"须给出文本:{name}", f"a text must be given: {name}", value=name)
    return value


def _instant(asked: Document, name: str) -> datetime | None:
    text = _text(asked, name, needed=False)
    return None if text is None else parse_instant(text)


def _roles(value: object) -> frozenset[Role]:
    known = [role.value for role in Role]
    if not isinstance(value, list) or not value or not all(each in known for each in value):
        raise InvalidInput(
            f"roles 须为列表,可用的角色有 {'、'.join(known)}:{shorten(str(value))}",
            f"roles must be a list of {', '.join(known)}: {shorten(str(value))}",
            value=shorten(str(value)),
        )
    return frozenset(map(Role, value))


def _right(value: object) -> Right:
    known = [right.value for right in Right]
    if value not in known:
        raise InvalidInput(
            f"right 须为 {'、'.join(known)} 之一:{shorten(str(value))}",
            f"right must be one of {', '.join(known)}: {shorten(str(value))}",
            value=shorten(str(value)),
        )
    return Right(value)


def _key(key: Key) -> Document:
    return {
        "id": key.shown,
        "subject": key.subject,
        "department": key.department,
        "roles": sorted(key.roles),
        "created": format_instant(key.created_at),
        "createdBy": key.created_by,
        "expires": _told(key.expires_at),
        "revoked": _told(key.revoked_at),
        "lastUsed": key.last_used.isoformat() if key.last_used else None,
    }


def _grant(grant: Grant) -> Document:
    return {
        "id": grant.id,
        "layer": grant.layer,
        "department": grant.department,
        "right": grant.right,
        "granted": format_instant(grant.granted_at),
        "grantedBy": grant.granted_by,
        "until": _told(grant.until),
        "revoked": _told(grant.revoked_at),
    }


def _entry(entry: Entry) -> Document:
    return {
        "id": entry.id,
        "at": format_instant(entry.at),
        "subject": entry.subject,
        "department": entry.department,
        "origin": entry.origin,
        "credential": entry.credential,
        "action": entry.action,
        "layer": entry.layer,
        "target": entry.target,
        "outcome": entry.outcome,
        "request": entry.request,
        "details": entry.details,
        "hash": bytes(entry.chain_hash).hex(),
    }


def _told(moment: datetime | None) -> str | None:
    return format_instant(moment) if moment else None


def _json(document: Document, status: int = 200) -> Reply:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    return Reply(status, headers, orjson.dumps(document))


def _made(document: Document, address: str) -> Reply:
    reply = _json(document, 201)
    reply.headers.append((b"location", address.encode()))
    return reply
