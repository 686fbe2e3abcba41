"""Proposals over HTTP 变更提案: proposed by one, reviewed by another, applied as one changeset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.routing import Route

from api import proposal_request
from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import post_route, route
from api.history import LIMIT_DEFAULT, LIMIT_MAX
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.proposal_request import object_of, text
from api.release import Releases
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal, Right
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.errors import ProposalClash, UnknownLayer
from spatial.history.model import changed_fields
from spatial.proposals import course, rules, standing, store
from spatial.proposals.content import Target
from spatial.proposals.model import Actor, Proposal, Rebased, Values, Verdict

Document = dict[str, Any]
LISTED = (*COMMON, "layer", "state", "limit", "before")
CONCERNED = frozenset({Right.EDIT, Right.REVIEW})
"""Who holds one of these rights on a layer sees what is proposed for it."""


class Proposals:
    """The handlers of proposals."""

    def __init__(
        self,
        catalogue: Catalogue,
        desk: Desk,
        pages: Pages,
        releases: Releases,
        city: City,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._releases = releases
        self._desk = desk
        self._pages = pages
        self._city = city
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Proposing, looking, and the steps."""
        return [
            post_route("/collections/{id}/proposals", self.propose),
            route("/proposals", self.proposals),
            route("/proposals/{number}", self.proposal),
            route("/proposals/{number}/changes", self.changes),
            post_route("/proposals/{number}/review", self.review),
            post_route("/proposals/{number}/apply", self.apply),
            post_route("/proposals/{number}/withdraw", self.withdraw),
        ]

    async def propose(self, request: Request) -> Reply:
        """POST ``/collections/{id}/proposals``: features as they should become, and why."""
        given(request.query_string, ["lang"])
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        layer.require(Right.EDIT, request.principal)
        body = await request.body()
        told = object_of(body)
        valid_from = proposal_request.valid_from(told)
        reason = text(told, "reason")
        target, actor = _target(layer), _actor(request.principal)
        made = await self._desk.run(
            lambda conn: course.propose(conn, target, actor, reason, valid_from, body, self._city)
        )
        base = request.base_url(self._base_url)
        document = self._document(made, layer, base)
        headers = [
            (b"content-type", b"application/json"),
            (b"location", document["href"].encode()),
            (b"cache-control", b"no-store"),
        ]
        return Reply(201, headers, orjson.dumps(document))

    async def proposals(self, request: Request) -> Reply:
        """``/proposals``: the newest first, of layers the principal edits or reviews."""
        parameters = given(request.query_string, LISTED)
        concerned = self._concerned(request.principal)
        layer = parameters.get("layer")
        if layer is not None:
            layer = self._catalogue.get(layer, request.principal).id
        layers = [name for name in concerned if layer in (None, name)]
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        before = whole("before", parameters.get("before"))
        state = proposal_request.state(parameters.get("state"))
        found = await self._desk.run(lambda conn: store.select(conn, layers, state, before, limit + 1))
        base = request.base_url(self._base_url)
        address = f"{base}/proposals"
        own = f"?{urlencode(list(parameters.items()))}" if parameters else ""
        links = [_link(address + own, "self"), _link(f"{base}/", "root")]
        if len(found) > limit:
            kept = [(name, text) for name, text in parameters.items() if name != "before"]
            following = urlencode([*kept, ("before", str(found[limit - 1].id))])
            links.append(_link(f"{address}?{following}", "next"))
        self._catalogue.tell_of((each.layer for each in found[:limit]), request.principal)
        document = {
            "proposals": [self._document(each, concerned[each.layer], base) for each in found[:limit]],
            "numberReturned": len(found[:limit]),
            "links": links,
        }
        return self._pages.reply(request, parameters, document, "proposals.html", base)

    async def proposal(self, request: Request) -> Reply:
        """``/proposals/{number}``: one proposal with every step that was taken."""
        parameters = given(request.query_string, COMMON)
        held = await self._desk.run(lambda conn: self._held(conn, request))
        base = request.base_url(self._base_url)
        document = self._document(held.proposal, held.layer, base)
        links = [_link(f"{base}/proposals", "collection"), _link(f"{document['href']}/changes", "related")]
        document = {**document, "links": links}
        return self._pages.reply(request, parameters, document, "proposal.html", base)

    async def changes(self, request: Request) -> Reply:
        """``/proposals/{number}/changes``: what it would change now, and what stands against it."""
        parameters = given(request.query_string, COMMON)

        def compared(conn: Connection) -> tuple[_Held, tuple[Rebased, ...]]:
            held = self._held(conn, request)
            return held, course.compare(conn, _target(held.layer), held.proposal)

        held, rebased = await self._desk.run(compared)
        await self._releases.take(held.layer, request.principal, [one.row.fid for one in rebased])
        base = request.base_url(self._base_url)
        visible = held.layer.fields
        clashes = [course.clash(one, visible) for one in rebased if one.verdict is Verdict.CLASH]
        document = {
            "type": "FeatureCollection",
            "features": [
                _change(one, list(visible))
                for one in rebased
                if one.verdict in (Verdict.STANDS, Verdict.MERGED)
            ],
            "clean": not clashes,
            "clashes": clashes,
            "digest": self._told(held.proposal.digest, held.layer).hex(),
            "links": [_link(f"{base}/proposals/{held.proposal.id}", "collection")],
        }
        media = "application/geo+json"
        return self._pages.reply(request, parameters, document, "proposal_changes.html", base, media)

    async def review(self, request: Request) -> Reply:
        """POST ``/proposals/{number}/review``: ``verdict`` approve or reject, ``reason``, ``digest``."""
        told = object_of(await request.body())
        wanted, reason = proposal_request.verdict(told), text(told, "reason")
        digest = proposal_request.digest(told)
        actor = _actor(request.principal)
        return await self._step(
            request,
            Right.REVIEW,
            lambda conn, held: course.review(
                conn, held.proposal, actor, wanted, reason, self._meant(digest, held), held.layer.fields
            ),
        )

    async def apply(self, request: Request) -> Reply:
        """POST ``/proposals/{number}/apply``: write what was approved as one changeset."""
        actor, city = _actor(request.principal), self._city
        try:
            return await self._step(
                request,
                Right.REVIEW,
                lambda conn, held: course.apply(conn, _target(held.layer), held.proposal, actor, city),
            )
        except ProposalClash as clash:  # which shows what is held
            assert isinstance(clash.value, list)
            held = await self._desk.run(lambda conn: self._held(conn, request))
            await self._releases.take(held.layer, request.principal, clash.value)
            raise

    async def withdraw(self, request: Request) -> Reply:
        """POST ``/proposals/{number}/withdraw``: its author takes it back, with a ``reason``."""
        reason = text(object_of(await request.body()), "reason")
        actor = _actor(request.principal)
        return await self._step(
            request, Right.EDIT, lambda conn, held: course.withdraw(conn, held.proposal, actor, reason)
        )

    async def _step(
        self, request: Request, right: Right, take: Callable[[Connection, _Held], Proposal]
    ) -> Reply:
        given(request.query_string, ["lang"])

        def taken(conn: Connection) -> _Held:
            held = self._held(conn, request, lock=True)
            held.layer.require(right, request.principal)
            standing.require_actor(conn, held.proposal, _actor(request.principal), right)
            return _Held(take(conn, held), held.layer)

        made = await self._desk.run(taken)
        document = self._document(made.proposal, made.layer, request.base_url(self._base_url))
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        return Reply(200, headers, orjson.dumps(document))

    def _told(self, digest: bytes, layer: Shown) -> bytes:
        """A digest over all fields: to who does not see them all it is veiled."""
        return bytes(digest) if layer.whole else self._catalogue.veil.of(bytes(digest))

    def _meant(self, digest: bytes | None, held: _Held) -> bytes | None:
        """The digest that a reviewer names, as it was told to them or to who proposed it.

        Who does not see all fields names the plain one in vain: else it could be tried out.
        """
        known = bytes(held.proposal.digest)
        if digest == self._catalogue.veil.of(known):
            return known
        if digest is None or held.layer.whole:
            return digest
        raise rules.other_content(held.proposal, digest)

    def _held(self, conn: Connection, request: Request, *, lock: bool = False) -> _Held:
        """The proposal of the path and its layer; for whom it does not concern there is none."""
        number = whole("number", request.path_params["number"]) or 0
        found = store.get(conn, number, lock=lock)
        try:
            layer = self._catalogue.get(found.layer, request.principal)
        except UnknownLayer:
            raise store.unknown(number) from None
        if not layer.rights & CONCERNED:
            raise store.unknown(number)
        return _Held(found, layer)

    def _concerned(self, principal: Principal) -> dict[str, Shown]:
        seen = self._catalogue.seen_by(principal)
        return {layer.id: layer for layer in seen.values() if layer.rights & CONCERNED}

    def _document(self, proposal: Proposal, layer: Shown, base: str) -> Document:
        return _document(proposal, lambda digest: self._told(digest, layer).hex(), base)


@dataclass(frozen=True, slots=True)
class _Held:
    proposal: Proposal
    layer: Shown


def _target(layer: Shown) -> Target:
    return Target(layer.contract, layer.table, tuple(layer.fields))


def _actor(principal: Principal) -> Actor:
    """Who takes a step, from who asks and never from what is sent."""
    if principal.origin is Origin.LOCAL:
        return Actor(
            "本机操作员 local",
            principal.department or "本机 this machine",
            alone=True,
            origin=principal.origin,
        )
    return Actor(
        principal.subject,
        principal.department or "(无部门 none)",
        origin=principal.origin,
        credential=principal.credential,
    )


def _document(proposal: Proposal, told: Callable[[bytes], str], base: str) -> Document:
    return {
        "id": proposal.id,
        "layer": proposal.layer,
        "state": proposal.state,
        "author": proposal.author,
        "department": proposal.department,
        "reason": proposal.reason,
        "valid_from": format_instant(proposal.valid_from),
        "features": proposal.features,
        "digest": told(proposal.digest),
        "steps": [
            {
                "state": step.state,
                "author": step.author,
                "department": step.department,
                "reason": step.reason,
                "taken_at": format_instant(step.taken_at),
                "digest": told(step.digest),
                "changeset": step.changeset,
            }
            for step in proposal.steps
        ],
        "href": f"{base}/proposals/{proposal.id}",
    }


def _change(one: Rebased, visible: list[str]) -> Document:
    """A proposed change as a Feature: what it becomes, or what is retired; an update with its fields."""
    old = None if one.theirs is None else course.seen(one.theirs.values, visible)
    new = None if one.values is None else course.seen(one.values, visible)
    kind = "insert" if old is None else "retire" if new is None else "update"
    document = {**_feature(one.row.fid, new or old or {}), "change": kind, "verdict": one.verdict}
    if kind == "retire":  # as it is proposed, so that what is told can be proposed anew
        document["action"] = "retire"
    if kind == "update":
        fields = changed_fields(old, new)
        document["fields"] = [
            {"name": "geometry" if each.name == "geom" else each.name, "old": each.old, "new": each.new}
            for each in fields
        ]
    return document


def _feature(fid: str, values: Values) -> Document:
    properties = {name: value for name, value in values.items() if name != "geom"}
    return {"type": "Feature", "id": fid, "geometry": values.get("geom"), "properties": properties}


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
