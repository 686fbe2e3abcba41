"""Registered devices of the shipped template, and what they say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from psycopg.types.json import Jsonb

from spatial.database import Connection

START = datetime(2026, 11, 1, tzinfo=UTC)


def register(connection: Connection, *devices: str) -> dict[str, int]:
    """Things with a datastream of temperature each; numbers of the datastreams by device."""
    (sensor,) = connection.execute(
        "insert into observe.sensor (name, encoding_type, metadata) values ('s', 'text/plain', '\"x\"')"
        " returning id"
    ).fetchone() or (0,)
    (observed,) = connection.execute(
        "insert into observe.observed_property (name, definition, properties) values ('温度', 'urn:t', %s)"
        " on conflict (key) do update set name = excluded.name returning id",
        (Jsonb({"key": "mqtt:temperature"}),),
    ).fetchone() or (0,)
    found = {}
    for device in devices:
        (found[device],) = connection.execute(
            "with t as (insert into observe.thing (name, properties) values (%s, %s) returning id)"
            " insert into observe.datastream (name, observation_type, unit, thing, sensor)"
            " select '温度', 'm', %s, t.id, %s from t returning id",
            (device, Jsonb({"key": f"mqtt:{device}"}), Jsonb({"symbol": "Cel"}), sensor),
        ).fetchone() or (0,)
        connection.execute(
            "insert into observe.datastream_property (datastream, observed_property) values (%s, %s)",
            (found[device], observed),
        )
    connection.commit()
    return found


def said(device: str, minute: int, temperature: object, **more: object) -> tuple[str, bytes]:
    """A message of a device."""
    time = (START + timedelta(minutes=minute)).isoformat()
    document = {"time": time, "values": {"temperature": temperature}, **more}
    return f"onemap/json/{device}/up", json.dumps(document).encode()
