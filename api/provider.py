"""pygeoapi's provider over the history: what its engine reads, it reads as we do.

Items over HTTP never come this way (``api.features``); the engine's other
functions and processes do. Reads are paged by key underneath, so an ``offset``
is walked, not skipped by the database; it is bounded.
"""

from __future__ import annotations

from typing import Any

import orjson
from pygeoapi.provider.base import (
    BaseProvider,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
)

from api.catalogue import Shown
from api.engine_connections import EngineConnections
from api.parameters import moment, typed
from api.pool import QUEUE_WAIT_S
from spatial.catalogue.schemas import item_schema, property_schema
from spatial.errors import InvalidInput
from spatial.history import read
from spatial.history.read import Area, Filter, ItemsQuery

Document = dict[str, Any]
CONNECTIONS = 2
OFFSET_MAX = 10_000
_OPTIONS = "-c TimeZone=Asia/Shanghai -c statement_timeout=10s -c default_transaction_read_only=on"
_CONNECTIONS = EngineConnections(
    name="onemap-engine", size=CONNECTIONS, options=_OPTIONS, queue_wait_s=QUEUE_WAIT_S
)


class HistoryProvider(BaseProvider):  # type: ignore[misc]
    """Features of one layer, valid and believed now unless asked otherwise."""

    def __init__(self, provider_def: Document) -> None:
        super().__init__(provider_def)
        self._layer: Shown = provider_def["layer"]
        self.get_fields()

    def get_fields(self) -> Document:
        """Fields and their JSON Schema types."""
        self._fields: Document = {
            name: {"type": "string", **property_schema(field)}
            for name, (field, _) in self._layer.fields.items()
        }
        return self._fields

    def get_schema(self, schema_type: object = None) -> tuple[str, Document]:
        """The layer's item schema."""
        return "application/schema+json", item_schema(self._layer.contract, fields=self._layer.attributes)

    def query(
        self,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: list[float] | None = None,
        datetime_: str | None = None,
        properties: list[tuple[str, str]] | None = None,
        skip_geometry: bool = False,
        **_: object,
    ) -> Document:
        """A FeatureCollection; ``resulttype="hits"`` counts instead."""
        try:
            asked = ItemsQuery(
                table=self._layer.table,
                areas=(_area(bbox),) if bbox else (),
                at=moment("datetime", datetime_),
                filters=tuple(self._filter(name, value) for name, value in properties or ()),
                limit=min(offset, OFFSET_MAX) + limit,
            )
        except InvalidInput as failure:
            raise ProviderInvalidQueryError(failure.en) from failure
        if resulttype == "hits":
            (number,) = self._rows(read.matched(asked, 2**31))[0]
            return {"type": "FeatureCollection", "features": [], "numberMatched": number}
        texts = [row[0] for row in self._rows(read.items(asked)) if row[0] is not None]
        features = [orjson.loads(text) for text in texts[offset : offset + limit]]
        if skip_geometry:
            for feature in features:
                feature["geometry"] = None
        return {"type": "FeatureCollection", "features": features, "numberReturned": len(features)}

    def get(self, identifier: str, **_: object) -> Document:
        """One feature."""
        rows = self._rows(read.item(ItemsQuery(self._layer.table), str(identifier)))
        if not rows:
            raise ProviderItemNotFoundError(f"no such item: {identifier}")
        return dict(orjson.loads(rows[0][0]))

    def _filter(self, name: str, value: str) -> Filter:
        if name not in self._layer.fields:
            raise ProviderInvalidQueryError(f"no such property: {name}")
        field, column = self._layer.fields[name]
        return Filter(column, typed(field, str(value)))

    def _rows(self, statement: read.Statement) -> list[tuple[Any, ...]]:
        with _CONNECTIONS.transaction(self.data) as connection:
            return connection.execute(statement.sql, statement.params).fetchall()


def _area(bbox: list[float]) -> Area:
    west, south, east, north = bbox if len(bbox) == 4 else (bbox[0], bbox[1], bbox[3], bbox[4])
    return Area(west, south, east, north)
