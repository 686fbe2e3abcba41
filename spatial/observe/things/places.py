"""Where Things of some layers are and were 设备的位置: what of a layer leaves with an answer about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spatial.database import Connection

_THINGS: Final = {
    "Thing": "select unnest(%(ids)s::bigint[])",
    "Datastream": "select d.thing from observe.datastream d where d.id = any(%(ids)s::bigint[])",
    "HistoricalLocation": "select h.thing from observe.historical_location h"
    " where h.id = any(%(ids)s::bigint[])",
    "Location": "select x.thing from observe.thing_location x where x.location = any(%(ids)s::bigint[])"
    " union select h.thing from observe.historical_place p join observe.historical_location h"
    " on h.id = p.historical_location where p.location = any(%(ids)s::bigint[])",
    "FeatureOfInterest": "select d.thing from observe.datastream_feature x join observe.datastream d"
    " on d.id = x.datastream where x.feature = any(%(ids)s::bigint[])"
    " union select x.thing from observe.feature f join observe.thing_location x on x.location = f.of_location"
    " where f.id = any(%(ids)s::bigint[])",
}
"""By the type of the entities whose numbers are known; a MultiDatastream is a Datastream here."""
_PLACES: Final = """
with told as (
  select t.id from observe.thing t where t.layer = %(layer)s {narrowed})
select ST_AsBinary(g.geom) from (
  select l.geom from told join observe.thing_location x on x.thing = told.id
    join observe.location l on l.id = x.location
  union select l.geom from told join observe.historical_location h on h.thing = told.id
    join observe.historical_place p on p.historical_location = h.id
    join observe.location l on l.id = p.location
  union select f.geom from told join observe.datastream d on d.thing = told.id
    join observe.datastream_feature x on x.datastream = d.id join observe.feature f on f.id = x.feature) g
 where g.geom is not null
"""
_OF_LAYERS: Final = """
select l.layer from unnest(%(layers)s::text[]) l (layer)
 where exists (select from observe.thing t where t.layer = l.layer {narrowed})
"""


def of_layers(layers: Sequence[str], entity: str, ids: Sequence[int] | None) -> tuple[str, dict[str, object]]:
    """Those of the layers to whose Things these entities belong, or that have any (``None``)."""
    narrowed = "" if ids is None else f"and t.id in ({_THINGS[entity]})"
    values: dict[str, object] = {"layers": list(layers), "ids": None if ids is None else list(ids)}
    return _OF_LAYERS.format(narrowed=narrowed), values


def places(connection: Connection, layer: str, entity: str, ids: Sequence[int] | None) -> list[bytes]:
    """WKB in CGCS2000 of every place that Things of a layer have told: those that these entities belong to,
    or all of them (``None``).
    """
    narrowed = "" if ids is None else f"and t.id in ({_THINGS[entity]})"
    values = {"layer": layer, "ids": None if ids is None else list(ids)}
    rows = connection.execute(_PLACES.format(narrowed=narrowed), values).fetchall()
    return [bytes(geometry) for (geometry,) in rows]
