"""The export guard at SensorThings: what an answer tells of the Things of a marked layer is counted before it
leaves.

What is counted are the places of every Thing that the answer speaks of, as those of items are; an answer that
wanders on to other Things, or that reads the past, is counted as if it told of all that the asker may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from api.catalogue import Catalogue
from api.desk import Desk
from api.pool import Pool
from api.sensorthings.asking import tell_of
from spatial.access import release
from spatial.access.model import Principal
from spatial.access.release import ReleaseClass
from spatial.database import Connection
from spatial.observe.things import text
from spatial.observe.things.places import places
from spatial.observe.things.query import Address, Expand, Options
from spatial.observe.things.reached_sql import Scope
from spatial.observe.things.reading_sql import page, single

VOCABULARY: Final = frozenset({"Sensor", "ObservedProperty"})
"""What belongs to no layer."""
_SHARED: Final = frozenset(
    {"Sensor", "ObservedProperty", "ObservedProperties", "Locations", "FeatureOfInterest"}
)
"""Behind them stand other Things, too."""
_BARE: Final = Options(select=("id",))
_STREAMS: Final = (Expand("Datastream", _BARE), Expand("MultiDatastream", _BARE))


class ThingReleases:
    """Counts Things that are about to be told of, and notes them for the audit where their layer is not
    shared; where no layer is marked or closed this costs a look-up.
    """

    def __init__(self, catalogue: Catalogue, heavy: Pool, desk: Desk) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._desk = desk

    async def take(self, address: Address, options: Options, asked: Scope, principal: Principal) -> None:
        """``ReleaseLimit`` where the places of these Things would be more than may leave; those of layers
        that are not shared are noted for the audit.
        """
        limits = {
            layer: of
            for layer, of in self._catalogue.limits.items()
            if asked.layers is None or layer in asked.layers
        }
        closed = self._catalogue.unshared(principal)
        entity, one = text.entity_of(address)
        if not (limits or closed) or options.top == 0 or (entity.name in VOCABULARY and not options.expand):
            return
        known = asked.asof is None and entity.name not in VOCABULARY and not _wanders(options.expand)
        ids = await self._numbers(address, options, asked, one) if known else None
        kind = "Datastream" if entity.name in ("Observation", "MultiDatastream") else entity.name
        await tell_of(self._catalogue, self._heavy, principal, kind, ids)
        if limits:
            await self._desk.run(lambda connection: _taken(connection, limits, kind, ids, principal))

    async def _numbers(self, address: Address, options: Options, asked: Scope, one: bool) -> list[int]:
        """Of the entities on the page; of observations those of their datastreams."""
        entity, _ = text.entity_of(address)
        observed = entity.name == "Observation"
        bare = replace(options, select=("id",), expand=_STREAMS if observed else (), count=False)
        steps = Address(address.steps)
        statement = (
            single(steps, replace(_BARE, expand=bare.expand), asked) if one else page(steps, bare, asked)
        )
        rows = await self._heavy.fetch(statement)
        content = None if rows.first is None else rows.first[0]
        found: list[dict[str, Any]] = orjson.loads(f"[{content or ''}]")
        if not observed:
            return [each["@iot.id"] for each in found]
        streams = [each.get(name) for each in found for name in ("Datastream", "MultiDatastream")]
        return list({stream["@iot.id"] for stream in streams if stream})


def _wanders(inside: Sequence[Expand]) -> bool:
    """Whether links lead on to Things that the entities of the page do not belong to."""
    return any(
        (each.name in _SHARED and each.options.expand) or _wanders(each.options.expand) for each in inside
    )


def _taken(
    connection: Connection,
    limits: Mapping[str, ReleaseClass],
    entity: str,
    ids: Sequence[int] | None,
    principal: Principal,
) -> None:
    for layer, of in limits.items():
        release.take_places(connection, of, places(connection, layer, entity, ids), principal)
