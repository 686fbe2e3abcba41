"""Properties of entities as JSON text, written in the database."""

from __future__ import annotations

from spatial.observe.things.model import ENTITIES, Kind, Property
from spatial.observe.things.query import Options

COMPONENTS = ("id", "phenomenonTime", "result", "resultTime")
"""The columns of a dataArray where none are selected."""
_TOLD = ("resultTime", "description", "qualityFlag", "recordedTime", "observationType")
"""Told even where there is nothing, or always there."""


def member(held: Property, alias: str) -> str:
    """A property with its name; nothing where it is not there, except what must be told."""
    sql = held.sql.format(a=alias)
    computed = "select" in sql
    always = not computed and (held.required or held.name in _TOLD or held.kind is Kind.SPAN)
    told = as_json(held, alias, null=always)
    if always:
        return f"',\"{held.name}\":', {told}"
    if computed:
        return f"(select concat(',\"{held.name}\":', t) from (select {told} as t) o where t is not null)"
    return f"case when {sql} is not null then concat(',\"{held.name}\":', {told}) end"


def as_json(held: Property, alias: str, *, null: bool) -> str:
    """A property's value as JSON text."""
    sql = held.sql.format(a=alias)
    match held.kind:
        case Kind.TEXT:
            told = f"to_json({sql})::text"
        case Kind.INSTANT:
            told = f"'\"' || {utc(sql)} || '\"'"
        case Kind.SPAN:
            end = str(held.end).format(a=alias)
            if "select" in sql:
                return (
                    f"(select case when b is null then null else concat('\"', {utc('b')}, '/',"
                    f" {utc('coalesce(e, b)')}, '\"') end"
                    f" from (select {sql} as b, {end} as e) o)"
                )
            return f"concat('\"', {utc(sql)}, '/' || {utc(end)}, '\"')"
        case Kind.RESULT:
            return f"coalesce(to_json({sql})::text, {alias}.result_json::text, 'null')"
        case _:
            told = f"({sql})::text"
    return f"coalesce({told}, 'null')" if null else told


def utc(sql: str) -> str:
    """An instant as RFC 3339 in UTC, without quotation marks."""
    return f"(btrim(to_json(({sql}) at time zone 'UTC')::text, '\"') || 'Z')"


def components(options: Options) -> tuple[str, ...]:
    """The columns of a dataArray."""
    observation = ENTITIES["Observation"]
    chosen = tuple(name for name in options.select if name == "id" or name in observation.properties)
    return chosen or COMPONENTS
