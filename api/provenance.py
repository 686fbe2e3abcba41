"""Quality and lineage over HTTP: how good a delivery was, and what was made from what 质量与沿袭."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import route
from api.executions import shows
from api.pages import Pages
from api.parameters import COMMON, given
from api.problem import BadParameter
from api.wire import Reply, Request
from spatial.access.model import Origin as Way
from spatial.catalogue import lineage, quality
from spatial.catalogue.lineage import Delivered, Derivation, Reader
from spatial.catalogue.quality import Measure
from spatial.catalogue.record import measure_json
from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.errors import UnknownChangeset, UnknownLayer
from spatial.history import ledger
from spatial.history.model import Changeset
from spatial.jobs import store
from spatial.jobs.model import Job, may_see

Document = dict[str, Any]
JSON = "application/json"
_ADDRESSES = {"changeset": "changesets", "job": "jobs"}
_PROV = {"prov": "http://www.w3.org/ns/prov#", "onemap": "urn:onemap:"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the last state of a layer comes from, and what was made from the layer."""

    changeset: int | None
    sources: tuple[Derivation, ...]
    products: tuple[Derivation, ...]
    delivered: Delivered | None


class Provenance:
    """The handlers of quality and lineage."""

    def __init__(self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Of a layer and of a changeset."""
        return [
            route("/collections/{id}/quality", self.layer_quality),
            route("/collections/{id}/lineage", self.layer_lineage),
            route("/changesets/{number}/quality", self.changeset_quality),
            route("/changesets/{number}/lineage", self.changeset_lineage),
            route("/jobs/{id}/lineage", self.job_lineage),
        ]

    async def layer_quality(self, request: Request) -> Reply:
        """``/collections/{id}/quality``: the measures of the newest changeset that was measured."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        found = await self._desk.run(lambda connection: quality.latest(connection, layer.id))
        number, measures = found or (None, ())
        return self._quality(request, layer, number, measures)

    async def changeset_quality(self, request: Request) -> Reply:
        """``/changesets/{number}/quality``: the measures of one changeset (ISO 19157)."""
        number = _number(request)

        def asking(connection: Connection) -> tuple[Shown, tuple[Measure, ...]]:
            layer = self._seen(request, ledger.changeset(connection, number))
            return layer, quality.measures(connection, number)

        layer, measures = await self._desk.run(asking)
        return self._quality(request, layer, number, measures)

    async def layer_lineage(self, request: Request) -> Reply:
        """``/collections/{id}/lineage``: what its last state rests on, and what rests on it."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        reader = self._reader(request)

        def asking(connection: Connection) -> Origin:
            newest = ledger.changesets(connection, layer.id, 1)
            products = lineage.products_of(connection, layer.id, reader)
            if not newest:
                return Origin(None, (), products, None)
            head = newest[0].id
            sources = lineage.sources_of(connection, lineage.product_of(head))
            return Origin(head, sources, products, lineage.delivered(connection, head))

        origin = await self._desk.run(asking)
        sources = self._known(request, origin.sources)
        base = request.base_url(self._base_url)
        document = {
            "layer": layer.id,
            "changeset": origin.changeset,
            "stale": any(one.stale for one in sources),
            "original": _original(origin.delivered),
            "sources": [_edge(one, base) for one in sources],
            "products": [_edge(one, base) for one in origin.products],
            "links": [
                _link(f"{base}/collections/{layer.id}/lineage", "self"),
                _link(f"{base}/collections/{layer.id}", "collection"),
            ],
        }
        return self._reply(request, document, f"{layer.contract.title.zh} 沿袭 Lineage")

    async def changeset_lineage(self, request: Request) -> Reply:
        """``/changesets/{number}/lineage``: a changeset's origin in the terms of PROV-JSON."""
        number = _number(request)

        def asking(
            connection: Connection,
        ) -> tuple[Changeset, tuple[Derivation, ...], Delivered | None]:
            product = lineage.product_of(number)
            changeset = ledger.changeset(connection, number)
            self._seen(request, changeset)
            return (
                changeset,
                lineage.sources_of(connection, product),
                lineage.delivered(connection, number),
            )

        changeset, sources, delivered = await self._desk.run(asking)
        document = _prov(changeset, self._known(request, sources), delivered)
        return self._reply(request, document, f"变更集 {number} 沿袭 Lineage")

    async def job_lineage(self, request: Request) -> Reply:
        """``/jobs/{id}/lineage``: the states of layers that a job's result was made from."""

        def asking(connection: Connection) -> tuple[Job, tuple[Derivation, ...]]:
            job = store.get(connection, request.path_params["id"])
            if not may_see(request.principal, job):
                raise store.unknown(job.id)
            return job, lineage.sources_of(connection, store.product_of(job.id))

        job, found = await self._desk.run(asking)
        sources, base = self._known(request, found), request.base_url(self._base_url)
        address = f"{base}/jobs/{job.id}"
        document = {
            "job": job.id,
            "stale": any(one.stale for one in sources),
            "sources": [_edge(one, base) for one in sources],
            "references": self._references(request, job),
            "links": [_link(f"{address}/lineage", "self"), _link(address, "up")],
        }
        return self._reply(request, document, f"任务 {job.id} 沿袭 Lineage")

    def _seen(self, request: Request, changeset: Changeset) -> Shown:
        """The changeset's layer, if the asker may know of it; else there is no such changeset."""
        try:
            return self._catalogue.get(changeset.layer, request.principal)
        except UnknownLayer:
            raise UnknownChangeset(
                f"没有该变更集,请查看变更历史:{changeset.id}",
                f"no such changeset, see the list of changesets: {changeset.id}",
                value=changeset.id,
            ) from None

    def _known(self, request: Request, edges: tuple[Derivation, ...]) -> list[Derivation]:
        seen = self._catalogue.seen_by(request.principal)
        return [one for one in edges if one.source_layer in seen]

    def _references(self, request: Request, job: Job) -> list[Document]:
        """What its inputs by reference were read from; told to who may see all that the job has seen."""
        if not shows(self._catalogue, request.principal, job):
            return []
        seen = self._catalogue.seen_by(request.principal)
        told = []
        for one in job.referred:
            known = tuple(source for source in one.sources if source.layer in seen)
            told.append(replace(one, sources=known).to_json())
        return told

    def _reader(self, request: Request) -> Reader:
        """Jobs are known to the department that handed them in, and to the operator."""
        principal = request.principal
        seen = self._catalogue.seen_by(principal)
        return Reader(tuple(seen), principal.department, principal.origin is Way.LOCAL)

    def _quality(
        self, request: Request, layer: Shown, number: int | None, measures: tuple[Measure, ...]
    ) -> Reply:
        base = request.base_url(self._base_url)
        known = [one for one in measures if one.fields <= set(layer.fields)]
        links = [_link(f"{base}/collections/{layer.id}", "collection")]
        if number is not None:
            links.append(_link(f"{base}/changesets/{number}", "version-history"))
        document: Document = {
            "layer": layer.id,
            "changeset": number,
            "measures": [measure_json(one) for one in known],
            "links": links,
        }
        return self._reply(request, document, f"{layer.contract.title.zh} 质量 Quality")

    def _reply(self, request: Request, document: Document, title: str) -> Reply:
        parameters = given(request.query_string, COMMON)
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)


def _prov(changeset: Changeset, sources: list[Derivation], delivered: Delivered | None) -> Document:
    """The changeset as an entity, its making as an activity, its department as the agent."""
    entity = f"onemap:changeset/{changeset.id}"
    activity, agent = f"{entity}#activity", f"onemap:department/{changeset.department}"
    made = format_instant(changeset.recorded_at)
    used = {f"onemap:{one.source_layer}@{one.source_changeset}": _parameters(one) for one in sources}
    if delivered is not None:
        used[f"onemap:original/{delivered.sha256.hex()}"] = _original(delivered) or {}
    return {
        "prefix": _PROV,
        "entity": {entity: {"onemap:layer": changeset.layer, "onemap:reason": changeset.reason}, **used},
        "activity": {activity: {"prov:endTime": made}},
        "agent": {agent: {"prov:type": "prov:Organization"}},
        "wasGeneratedBy": {"_:g": {"prov:entity": entity, "prov:activity": activity, "prov:time": made}},
        "wasAssociatedWith": {"_:a": {"prov:activity": activity, "prov:agent": agent}},
        "used": {
            f"_:u{number}": {"prov:activity": activity, "prov:entity": name}
            for number, name in enumerate(used)
        },
        "wasDerivedFrom": {
            f"_:d{number}": {"prov:generatedEntity": entity, "prov:usedEntity": name}
            for number, name in enumerate(used)
        },
    }


def _parameters(one: Derivation) -> Document:
    return {
        "onemap:activity": one.activity,
        "onemap:codeVersion": one.code_version,
        "onemap:parametersSha256": one.parameters_sha256.hex(),
        "onemap:stale": one.stale,
    }


def _original(delivered: Delivered | None) -> Document | None:
    if delivered is None:
        return None
    return {
        "sha256": delivered.sha256.hex(),
        "fileName": delivered.file_name,
        "format": delivered.format,
        "sourceFrame": delivered.source_frame,
    }


def _edge(one: Derivation, base: str) -> Document:
    document: Document = {
        "product": one.product,
        "productLayer": one.product_layer,
        "layer": one.source_layer,
        "changeset": one.source_changeset,
        "newestChangeset": one.newest_changeset,
        "stale": one.stale,
        "activity": one.activity,
        "codeVersion": one.code_version,
        "parametersSha256": one.parameters_sha256.hex(),
        "recordedAt": format_instant(one.recorded_at),
    }
    kind, _, name = one.product.partition("/")
    if kind in _ADDRESSES:
        document["href"] = f"{base}/{_ADDRESSES[kind]}/{name}"
    return document


def _number(request: Request) -> int:
    text = request.path_params["number"]
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
    if number < 1:
        raise BadParameter("number", "须为不小于 1 的整数", "must be a whole number from 1 on", value=text)
    return number


def _link(href: str, rel: str) -> Document:
    return {"href": href, "rel": rel, "type": JSON}
