"""pygeoapi's EDR provider over the store of observations.

The engine hands over what it read of the query; :data:`BESIDES` holds what it knows no argument for. An
answer is finished text, which the engine writes as one JSON string: so a million values pass it untouched.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

import shapely
from pygeoapi.provider.base_edr import BaseEDRProvider

from api.edr import documents
from api.edr.asking import Besides, question
from api.engine_connections import EngineConnections
from spatial.observe import coverage

Document = dict[str, Any]
BESIDES: ContextVar[Besides] = ContextVar("besides", default=Besides())  # noqa: B039 (frozen)
CONNECTIONS: Final = 2
QUEUE_WAIT_S: Final = 2.0
"""A search takes a while itself: a short queue is no overload."""
_OPTIONS = (
    "-c TimeZone=Asia/Shanghai -c DateStyle=ISO -c jit=off -c statement_timeout=10s"
    " -c default_transaction_read_only=on -c max_parallel_workers_per_gather=0"
)
_CONNECTIONS = EngineConnections(
    name="onemap-environment", size=CONNECTIONS, options=_OPTIONS, queue_wait_s=QUEUE_WAIT_S
)


class ObservationProvider(BaseEDRProvider):  # type: ignore[misc]
    """Series of one layer's Things."""

    def __init__(self, provider_def: Document) -> None:
        super().__init__(provider_def)
        self._layer: str = provider_def["layer"]
        self._parameters = provider_def["parameters"]
        self.get_fields()

    def get_fields(self) -> Document:
        """The parameters, as the engine describes them."""
        self._fields: Document = {
            key: {"type": "number", "title": each.name, "x-ogc-unit": (each.unit or {}).get("symbol")}
            for key, each in self._parameters.items()
        }
        return self._fields

    def query(self, **asked: Any) -> str:
        """The answer to any of the queries, whole, in the form that was asked for."""
        others = BESIDES.get()
        given = {name: text for name, text in _texts(asked).items() if text is not None}
        wanted = question(
            self._layer, asked["query_type"], given, self._parameters, others, asked.get("location_id")
        )
        with _CONNECTIONS.transaction(self.data) as connection:
            found = coverage.series(connection, wanted)
        if others.form == "CSV":
            return documents.csv(found)
        if others.form == "GeoJSON":
            return documents.geojson(found, self._parameters, others.collection_url, others.query_url)
        return documents.coverage_json(found, self._parameters)

    position = radius = area = cube = locations = query


def _texts(asked: Document) -> dict[str, str | None]:
    """The engine's arguments as the texts that they were."""
    wkt, bbox = asked.get("wkt"), asked.get("bbox")
    return {
        "coords": None if wkt is None or wkt == "" else shapely.to_wkt(wkt, rounding_precision=-1),
        "bbox": ",".join(map(repr, bbox)) if bbox else None,
        "datetime": asked.get("datetime_"),
        "parameter-name": ",".join(asked.get("select_properties") or ()) or None,
        "within": asked.get("within"),
        "within-units": asked.get("within_units"),
    }
