"""Publications over HTTP, for everybody 公示的查看: what is shown, on the map and in figures."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from api.address.asked import answer, whole_of
from api.door import route
from api.parameters import given, language, whole
from api.problem import BadParameter
from api.publication.held import Held, today
from api.wire import ROWS, WHO, Reply, Request
from planning.publication import comment_store, document, snapshot_store, store
from planning.publication.model import Layer, Publication, Standing
from planning.publication.precision import fields
from planning.publication.snapshot_store import Box
from spatial.catalogue.legend import legend

LISTED_MOST = 100
FEATURES_MOST = 2_000
IDENTITY_MOST = 200
GEOJSON = b"application/geo+json"


class PublicationReading:
    """The handlers of ``/publications`` that look."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def routes(self) -> list[Route]:
        """The list, one publication, its figures, the features of its layers."""
        return [
            route("/publications", self.publications),
            route("/publications/{number}", self.publication),
            route("/publications/{number}/statistics", self.statistics),
            route("/publications/{number}/layers/{layer}/items", self.items),
        ]

    async def publications(self, request: Request) -> Reply:
        """``/publications``: the newest first; those not begun for whoever handles them."""
        parameters = given(request.query_string, ("limit", "before", "lang"))
        language(request, parameters)
        limit = whole_of(parameters, "limit", 20, LISTED_MOST)
        before = whole("before", parameters.get("before"))
        handles, day = self._held.handles(request.principal), today()
        found = await self._held.desk.run(
            lambda connection: store.select(connection, day, before, limit + 1, announced=handles)
        )
        told = [self._document(each) for each in found[:limit]]
        following = found[limit - 1].id if len(found) > limit else None
        return _own(request, {"publications": told, "before": following, "handles": handles}, len(told))

    async def publication(self, request: Request) -> Reply:
        """``/publications/{number}``: one publication, its layers with their legends."""
        language(request, given(request.query_string, ("lang",)))
        return _own(request, self._document(await self._held.of(request, fresh=True)), 1)

    async def statistics(self, request: Request) -> Reply:
        """``/publications/{number}/statistics``: how many comments came, and what became of them."""
        language(request, given(request.query_string, ("lang",)))
        found = await self._held.of(request)
        told = await self._held.desk.run(lambda connection: comment_store.statistics(connection, found.id))
        return _own(request, {"publication": found.id, **told}, 1)

    async def items(self, request: Request) -> Reply:
        """``/publications/{number}/layers/{layer}/items``: features as they were published.

        In order of identity behind ``after``; ``largest=true`` with a ``bbox`` the largest in it.
        """
        parameters = given(request.query_string, ("limit", "after", "bbox", "largest", "lang"))
        language(request, parameters)
        limit = whole_of(parameters, "limit", 500, FEATURES_MOST)
        box = _box(parameters.get("bbox"))
        largest = parameters.get("largest", "false")
        if largest not in ("true", "false"):
            raise BadParameter("largest", "须为 true 或 false", "must be true or false", value=largest)
        if largest == "true" and (box is None or "after" in parameters):
            raise BadParameter(
                "largest", "须与 bbox 同用,不与 after 同用", "goes with bbox and without after", value=largest
            )
        found = await self._held.of(request)
        source = self._held.source(found, request.path_params["layer"])
        after = parameters.get("after", "")
        if len(after) > IDENTITY_MOST:
            raise BadParameter(
                "after", f"最多 {IDENTITY_MOST} 个字", f"has at most {IDENTITY_MOST} characters", value=after
            )
        if largest == "true" and box is not None:
            corners = box
            rows = await self._held.desk.run(
                lambda connection: snapshot_store.largest(connection, source, limit + 1, corners)
            )
        else:
            rows = await self._held.desk.run(
                lambda connection: snapshot_store.page(connection, source, after, limit + 1, box)
            )
        more = len(rows) > limit
        rows = rows[:limit]
        following = f'"{rows[-1][0]}"' if more and largest == "false" else "null"
        head = f'{{"type":"FeatureCollection","numberReturned":{len(rows)},"more":{str(more).lower()},'
        tail = f'"precision":"{source.precision}","after":{following},"features":['
        body = (head + tail + ",".join(text for _, text in rows) + "]}").encode()
        request.scope[ROWS] = len(rows)
        return answer(request, body, len(rows), GEOJSON)

    def _document(self, found: Publication) -> dict[str, Any]:
        told = document.publication(found, today())
        if found.standing(today()) is Standing.WITHDRAWN:
            return told | {"layers": []}
        return told | {"layers": [self._layer(each) for each in found.layers]}

    def _layer(self, layer: Layer) -> dict[str, Any]:
        """A layer with its title, legend and fields: who does not see the layer itself draws it by these."""
        shown = self._held.catalogue.layers.get(layer.layer)
        if shown is None:
            return document.layer(layer)
        narrowed = self._held.narrowed(layer, shown)
        contract = shown.contract
        named = [each for each in fields(contract, narrowed.precision) if each.name in narrowed.fields]
        return document.layer(narrowed) | {
            "title": {"zh": contract.title.zh, "en": contract.title.en},
            "synthetic": contract.synthetic,
            "geometry": contract.geometry,
            "legend": legend(contract, narrowed.fields),
            "fields": [
                {"name": each.name, "title": {"zh": each.title.zh, "en": each.title.en}} for each in named
            ],
        }


def _own(request: Request, told: dict[str, Any], rows: int) -> Reply:
    """An answer that differs by who asks."""
    reply = answer(request, told, rows)
    reply.vary = list(WHO)
    return reply


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadParameter(
            "bbox",
            "须为西,南,东,北四个度数(CGCS2000)",
            "is west,south,east,north in degrees of CGCS2000",
            value=text,
        )
    return west, south, east, north
