"""The entity types of SensorThings 1.1 (18-088, clause 8): properties, links, and where each lies in the
store.

SQL is told with ``{a}`` for the row at hand and ``{b}`` for the linked one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is, for comparing and for writing."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "boolean"
    INSTANT = "instant"
    SPAN = "span"
    DURATION = "duration"
    JSON = "json"
    RESULT = "result"
    GEOMETRY = "geometry"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity."""

    name: str
    kind: Kind
    sql: str
    """Its value; of a span its beginning; of a geometry the GeoJSON as it was given."""
    end: str | None = None
    """Of a span: its end, null for an instant."""
    geometry: str | None = None
    """Of a location: the column for spatial functions."""
    column: str | None = None
    """Where it is written; ``None`` where the store computes it."""
    required: bool = False
    blank: bool = False
    """Written as an empty text where it is not said."""
    always: bool = False
    """Every row has one, so that an index gives its order either way."""
    text: str = ""
    """Of what is written as JSON and compared as a span: the interval as text."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """A link from one type to another."""

    name: str
    target: str
    many: bool
    join: str
    direct: str | None = None
    """The join where the row at hand is known by its number ``%s``."""
    local: str | None = None
    """The column of the row at hand that holds the number of the linked one."""
    order: str | None = None
    through: tuple[str, str] | None = None
    """The table ``{x}`` that stands between the two, and the join by it, for sets: of ``join``, which looks
    up one row's, the database makes no join of sets."""

    def joined(self, a: str, b: str, new: Callable[[], str]) -> tuple[tuple[str, ...], str]:
        """Tables beside those of both rows, and the condition that joins them; ``new`` gives a name."""
        if self.through is None:
            return (), self.join.format(a=a, b=b)
        table, join = self.through
        x = new()
        return (f"{table} {x}",), join.format(a=a, b=b, x=x)


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity type."""

    name: str
    set: str
    table: str
    properties: Mapping[str, Property]
    links: Mapping[str, Navigation]
    seen: str
    """Which rows may be read by whoever reads the layers ``{layers}``; empty where all may."""
    only: str = ""
    """Which rows of the table are of this type."""
    order: tuple[str, ...] = ("{a}.id",)
    rank: tuple[str, ...] = ("{a}.id",)
    """What makes any order whole: no two rows have the same."""


def _of(*each: Property) -> Mapping[str, Property]:
    return {one.name: one for one in each}


def _to(*each: Navigation) -> Mapping[str, Navigation]:
    return {one.name: one for one in each}


_NAME = Property("name", Kind.TEXT, "{a}.name", column="name", required=True, always=True)
_DESCRIPTION = Property("description", Kind.TEXT, "{a}.description", column="description", blank=True)
_PROPERTIES = Property("properties", Kind.JSON, "{a}.properties", column="properties")
_ENCODING = Property("encodingType", Kind.TEXT, "{a}.encoding_type", column="encoding_type", required=True)
_THINGS = "select t.id from observe.thing t where t.layer = any({layers})"
_STREAMS = f"select d.id from observe.datastream d where d.thing in ({_THINGS})"
_LATEST = "(select u.{what} from observe.latest u where u.datastream = {{a}}.id)"
_STREAM_PROPERTIES = (
    _NAME,
    _DESCRIPTION,
    Property("observationType", Kind.TEXT, "{a}.observation_type", column="observation_type"),
)
_STREAM_TIMES = (
    Property(
        "observedArea",
        Kind.GEOMETRY,
        "(select ST_AsGeoJSON(ST_Envelope(ST_Collect(f.geom)), 9, 0)::jsonb from observe.datastream_feature x"
        " join observe.feature f on f.id = x.feature where x.datastream = {a}.id)",
        geometry="(select ST_Envelope(ST_Collect(f.geom)) from observe.datastream_feature x"
        " join observe.feature f on f.id = x.feature where x.datastream = {a}.id)",
    ),
    Property(
        "phenomenonTime",
        Kind.SPAN,
        _LATEST.format(what="first_time"),
        end="(select coalesce(u.phenomenon_end, u.phenomenon_time) from observe.latest u"
        " where u.datastream = {a}.id)",
    ),
    Property(
        "resultTime",
        Kind.SPAN,
        _LATEST.format(what="result_first"),
        end=_LATEST.format(what="result_last"),
    ),
    _PROPERTIES,
)


def _stream(name: str, multi: bool) -> Entity:
    shape = "MultiDatastream" if multi else "Datastream"
    unit = Property(
        "unitOfMeasurements" if multi else "unitOfMeasurement",
        Kind.JSON,
        "{a}.unit",
        column="unit",
        required=True,
    )
    types = (
        Property(
            "multiObservationDataTypes", Kind.JSON, "{a}.data_types", column="data_types", required=True
        ),
    )
    observed = (
        Navigation(
            "ObservedProperties",
            "ObservedProperty",
            True,
            "{b}.id in (select p.observed_property from observe.datastream_property p where"
            " p.datastream = {a}.id)",
            order="(select min(p.position) from observe.datastream_property p"
            " where p.datastream = {a}.id and p.observed_property = {b}.id)",
            through=(
                "observe.datastream_property",
                "{x}.datastream = {a}.id and {b}.id = {x}.observed_property",
            ),
        )
        if multi
        else Navigation(
            "ObservedProperty",
            "ObservedProperty",
            False,
            "{b}.id = (select p.observed_property from observe.datastream_property p"
            " where p.datastream = {a}.id and p.position = 0)",
            through=(
                "observe.datastream_property",
                "{x}.datastream = {a}.id and {x}.position = 0 and {b}.id = {x}.observed_property",
            ),
        )
    )
    return Entity(
        shape,
        f"{shape}s",
        "observe.datastream",
        _of(*_STREAM_PROPERTIES, unit, *(types if multi else ()), *_STREAM_TIMES),
        _to(
            Navigation("Thing", "Thing", False, "{b}.id = {a}.thing", local="{a}.thing"),
            Navigation("Sensor", "Sensor", False, "{b}.id = {a}.sensor", local="{a}.sensor"),
            observed,
            Navigation("Observations", "Observation", True, "{b}.datastream = {a}.id", "{b}.datastream = %s"),
        ),
        seen=f"{{a}}.thing in ({_THINGS})",
        only="{a}.multi" if multi else "not {a}.multi",
    )


def _streams_of(
    join: str, direct: str | None, through: tuple[str, str] | None = None
) -> tuple[Navigation, ...]:
    return tuple(
        Navigation(f"{each}s", each, True, join, direct, through=through)
        for each in ("Datastream", "MultiDatastream")
    )


_PLACES_OF_THINGS = (
    "(select x.location from observe.thing_location x where x.thing in ({things}) union all"
    " select y.location from observe.historical_place y join observe.historical_location h"
    " on h.id = y.historical_location where h.thing in ({things}))"
).replace("{things}", _THINGS)

ENTITIES: Mapping[str, Entity] = {
    each.name: each
    for each in (
        Entity(
            "Thing",
            "Things",
            "observe.thing",
            _of(_NAME, _DESCRIPTION, _PROPERTIES),
            _to(
                Navigation(
                    "Locations",
                    "Location",
                    True,
                    "{b}.id in (select x.location from observe.thing_location x where x.thing = {a}.id)",
                    through=(
                        "observe.thing_location",
                        "{x}.thing = {a}.id and {b}.id = {x}.location",
                    ),
                ),
                Navigation(
                    "HistoricalLocations", "HistoricalLocation", True, "{b}.thing = {a}.id", "{b}.thing = %s"
                ),
                *_streams_of("{b}.thing = {a}.id", "{b}.thing = %s"),
            ),
            seen="{a}.layer = any({layers})",
        ),
        Entity(
            "Location",
            "Locations",
            "observe.location",
            _of(
                _NAME,
                _DESCRIPTION,
                _ENCODING,
                Property(
                    "location",
                    Kind.GEOMETRY,
                    "{a}.location",
                    geometry="{a}.geom",
                    column="location",
                    required=True,
                ),
                _PROPERTIES,
            ),
            _to(
                Navigation(
                    "Things",
                    "Thing",
                    True,
                    "{b}.id in (select x.thing from observe.thing_location x where x.location = {a}.id)",
                    through=(
                        "observe.thing_location",
                        "{x}.location = {a}.id and {b}.id = {x}.thing",
                    ),
                ),
                Navigation(
                    "HistoricalLocations",
                    "HistoricalLocation",
                    True,
                    "{b}.id in (select x.historical_location from observe.historical_place x"
                    " where x.location = {a}.id)",
                    through=(
                        "observe.historical_place",
                        "{x}.location = {a}.id and {b}.id = {x}.historical_location",
                    ),
                ),
            ),
            seen=f"{{a}}.id in {_PLACES_OF_THINGS}",
        ),
        Entity(
            "HistoricalLocation",
            "HistoricalLocations",
            "observe.historical_location",
            _of(Property("time", Kind.INSTANT, "{a}.time", column="time", required=True)),
            _to(
                Navigation("Thing", "Thing", False, "{b}.id = {a}.thing", local="{a}.thing"),
                Navigation(
                    "Locations",
                    "Location",
                    True,
                    "{b}.id in (select x.location from observe.historical_place x"
                    " where x.historical_location = {a}.id)",
                    through=(
                        "observe.historical_place",
                        "{x}.historical_location = {a}.id and {b}.id = {x}.location",
                    ),
                ),
            ),
            seen=f"{{a}}.thing in ({_THINGS})",
        ),
        _stream("Datastream", multi=False),
        _stream("MultiDatastream", multi=True),
        Entity(
            "Sensor",
            "Sensors",
            "observe.sensor",
            _of(
                _NAME,
                _DESCRIPTION,
                _ENCODING,
                Property("metadata", Kind.JSON, "{a}.metadata", column="metadata", required=True),
                _PROPERTIES,
            ),
            _to(*_streams_of("{b}.sensor = {a}.id", "{b}.sensor = %s")),
            seen="",
        ),
        Entity(
            "ObservedProperty",
            "ObservedProperties",
            "observe.observed_property",
            _of(
                _NAME,
                Property("definition", Kind.TEXT, "{a}.definition", column="definition", required=True),
                _DESCRIPTION,
                _PROPERTIES,
            ),
            _to(
                *_streams_of(
                    "{b}.id in (select p.datastream from observe.datastream_property p"
                    " where p.observed_property = {a}.id)",
                    None,
                    (
                        "observe.datastream_property",
                        "{x}.observed_property = {a}.id and {b}.id = {x}.datastream",
                    ),
                )
            ),
            seen="",
        ),
        Entity(
            "Observation",
            "Observations",
            "observe.observation",
            _of(
                Property(
                    "phenomenonTime",
                    Kind.SPAN,
                    "{a}.phenomenon_time",
                    end="{a}.phenomenon_end",
                    column="phenomenon_time",
                    always=True,
                ),
                Property("resultTime", Kind.INSTANT, "{a}.result_time", column="result_time"),
                Property("result", Kind.RESULT, "{a}.result_number", column="result", required=True),
                Property(
                    "resultQuality", Kind.JSON, "{a}.details -> 'resultQuality'", column="resultQuality"
                ),
                Property(
                    "validTime",
                    Kind.JSON,
                    "{a}.details -> 'validTime'",
                    column="validTime",
                    text="({a}.details ->> 'validTime')",
                ),
                Property("parameters", Kind.JSON, "{a}.details -> 'parameters'", column="parameters"),
                Property("qualityFlag", Kind.NUMBER, "{a}.flag", column="flag", always=True),
                Property("recordedTime", Kind.INSTANT, "{a}.recorded_at", always=True),
            ),
            _to(
                Navigation(
                    "Datastream",
                    "Datastream",
                    False,
                    "{b}.id = {a}.datastream",
                    local="{a}.datastream",
                ),
                Navigation(
                    "MultiDatastream",
                    "MultiDatastream",
                    False,
                    "{b}.id = {a}.datastream",
                    local="{a}.datastream",
                ),
                Navigation(
                    "FeatureOfInterest",
                    "FeatureOfInterest",
                    False,
                    "{b}.id = {a}.feature",
                    local="{a}.feature",
                ),
            ),
            seen=f"{{a}}.datastream in ({_STREAMS})",
            order=("{a}.phenomenon_time", "{a}.datastream"),
            rank=("{a}.phenomenon_time", "{a}.datastream"),
        ),
        Entity(
            "FeatureOfInterest",
            "FeaturesOfInterest",
            "observe.feature",
            _of(
                _NAME,
                _DESCRIPTION,
                _ENCODING,
                Property(
                    "feature",
                    Kind.GEOMETRY,
                    "{a}.feature",
                    geometry="{a}.geom",
                    column="feature",
                    required=True,
                ),
                _PROPERTIES,
            ),
            _to(
                Navigation(
                    "Observations",
                    "Observation",
                    True,
                    "{b}.feature = {a}.id and {b}.datastream in (select x.datastream"
                    " from observe.datastream_feature x where x.feature = {a}.id)",
                    through=(
                        "observe.datastream_feature",
                        "{x}.feature = {a}.id and {b}.datastream = {x}.datastream and {b}.feature = {a}.id",
                    ),
                )
            ),
            seen="{a}.id in (select x.feature from observe.datastream_feature x where x.datastream in ("
            + _STREAMS
            + "))",
        ),
    )
}
SETS: Mapping[str, Entity] = {each.set: each for each in ENTITIES.values()}
IDENTITY = ("id", "@iot.id")
