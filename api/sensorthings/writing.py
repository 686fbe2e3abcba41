"""Requests that write, as work for the database: one of them, or several in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from psycopg.sql import SQL

from spatial.database import Connection
from spatial.errors import InvalidInput, OneMapError
from spatial.observe.model import Reading, suits_all
from spatial.observe.things import moved, store, text
from spatial.observe.things.errors import bad, missing
from spatial.observe.things.model import ENTITIES, Entity
from spatial.observe.things.owners import May, may_change
from spatial.observe.things.query import Address, Options
from spatial.observe.things.reached_sql import Scope
from spatial.observe.things.reading_document import bound, draft
from spatial.observe.things.reading_sql import single
from spatial.observe.things.values import reading_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write."""

    status: int
    entity: Entity | None = None
    number: int | None = None

    @property
    def path(self) -> str:
        """Of the entity, below the root of the service."""
        return f"{self.entity.set}({self.number})" if self.entity else ""


Work = Callable[[Connection], Outcome]
_VALUES = re.compile(r"/?(?:.*/)?Observations/?")
_LONE = re.compile(r"(?:Datastreams\(([0-9]{1,10})\)/)?Observations")
_NUMBER_MAX = 2**31


def parsed(body: bytes) -> Any:
    """The JSON of a body."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as failure:
        raise InvalidInput(
            f"请求体不是 JSON:{failure}", f"the request body is not JSON: {failure}", value="body"
        ) from None


def of_values(path: str) -> bool:
    """Whether a POST there sends a measured value."""
    return _VALUES.fullmatch(path) is not None


def timed(document: Any, received_at: datetime) -> Any:
    """An observation that tells no time is of the moment it came."""
    if isinstance(document, dict):
        document.setdefault("phenomenonTime", received_at.isoformat())
    return document


def lone(path: str, document: Any, source: int | None) -> Reading | None:
    """The value that a POST gives, where it is one of a Datastream and nothing is made along with it.

    What cannot be read or held is refused in its turn, where it is written alone; so is what is no number,
    which not every datastream holds.
    """
    found = _LONE.fullmatch(path)
    if found is None:
        return None
    try:
        made = draft(ENTITIES["Observation"], document)
        links = {**made.links, **({"Datastream": [int(found[1])]} if found[1] else {})}
        streams = links.pop("Datastream", ())
        stream = streams[0] if streams else None
        if links or not isinstance(stream, int) or stream >= _NUMBER_MAX:
            return None
        reading = reading_of(made, stream, None, source=source)
    except OneMapError:
        return None
    return reading if suits_all(reading.result) else None


def write(method: str, path: str, document: Any, may: May, source: int | None = None) -> Work:
    """POST to a set; PATCH, PUT, DELETE of an entity."""
    address = text.address(path)
    entity, single = text.entity_of(address)
    if address.property or address.references or address.value or single != (method != "POST"):
        raise bad("此地址不支持这个方法", f"{method} is not for this address", path)
    if method == "POST":
        made = draft(entity, document)
        return lambda connection: _create(connection, made, address, may, source)
    number = address.steps[-1].id
    if number is None:
        raise bad("请用实体自己的地址", "use the address of the entity itself", path)
    if method == "DELETE":
        return lambda connection: _deleted(connection, address, number, may)
    changed = draft(entity, document, whole=method == "PUT", binding=True)
    if method == "PATCH":
        bound(changed)

    def change(connection: Connection) -> Outcome:
        _there(connection, address, may)
        store.update(connection, changed, number, may)
        return Outcome(200, entity, number)

    return change


def _deleted(connection: Connection, address: Address, number: int, may: May) -> Outcome:
    _there(connection, address, may)
    entity, _ = text.entity_of(address)
    store.delete(connection, entity, number, may)
    return Outcome(200, entity, number)


def _there(connection: Connection, address: Address, may: May) -> None:
    """Refuse a path of several steps that does not lead to the one entity at its end."""
    number = address.steps[-1].id
    if len(address.steps) == 1 or number is None:
        return
    entity, _ = text.entity_of(address)
    may_change(connection, entity, number, may)
    leads = Scope("", None)
    found = single(address, Options(select=("id",)), leads)
    if connection.execute(SQL(found.sql), found.params).fetchone() is None:
        times = moved.elsewhere(connection, moved.of_path(address))
        found = single(address, Options(select=("id",)), replace(leads, moved=times))
        if times and connection.execute(SQL(found.sql), found.params).fetchone() is not None:
            return
        raise missing("/".join(f"{step.name}({step.id})" for step in address.steps))


def _create(connection: Connection, made: Any, address: Address, may: May, source: int | None) -> Outcome:
    context: dict[str, int] = {}
    if len(address.steps) > 1:
        before = Address(address.steps[:-1])
        parent, single = text.entity_of(before)
        number = before.steps[-1].id
        if not single or number is None:
            raise bad("请用实体自己的地址", "use the address of the entity itself", address.steps[-2].name)
        may_change(connection, parent, number, may)
        _there(connection, before, may)
        back = next(link.name for link in made.entity.links.values() if link.target == parent.name)
        context = {back: number}
    number = store.create(connection, made, may, context, source)
    return Outcome(201, made.entity, number)
