"""Counts of messages, how services are, and who may look."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hand_frames import WORKED
from table_sink import TABLE, TableSink

from spatial.observe.telemetry import store, watching
from spatial.observe.telemetry.dialogue import Peer
from spatial.observe.telemetry.server.intake import Intake
from spatial.observe.telemetry.sl651.dialogue import Dialogue
from spatial.observe.telemetry.watching import Service, Tally

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)


def test_messages_are_counted_by_what_became_of_them(scratch: psycopg.Connection[Any]) -> None:
    scratch.execute(TABLE)
    dialogue = Dialogue(Peer("sl651/tcp", "192.0.2.7:40000"))
    arrivals = dialogue.feed(WORKED[:-1] + b"\x00" + WORKED + WORKED, NOW)
    sink = TableSink(unregistered="sl651:Z")
    store.keep(scratch, arrivals, sink)
    store.keep(scratch, dialogue.feed(WORKED, NOW), sink)
    assert watching.tallies(scratch) == [
        Tally("sl651/tcp", "accepted", "", 1, 1, NOW),
        Tally("sl651/tcp", "rejected", "bad-crc", 1, 0, NOW),
        Tally("sl651/tcp", "repeated", "", 2, 0, NOW),
    ]
    (kept,) = scratch.execute("select count(*) from telemetry.message").fetchone() or (0,)
    assert kept == sum(each.messages for each in watching.tallies(scratch) if each.outcome != "repeated")


def test_a_service_that_falls_silent_is_not_connected(scratch: psycopg.Connection[Any]) -> None:
    watching.tell(scratch, "mqtt/a", True, 7, 1.5)
    watching.tell(scratch, "mqtt/b", True, 0, 0.0)
    scratch.execute("update telemetry.service set at = now() - interval '1 minute' where name = 'mqtt/b'")
    found = watching.services(scratch)
    assert [(each.name, each.connected, each.waiting, each.behind_s) for each in found] == [
        ("mqtt/a", True, 7, 1.5),
        ("mqtt/b", False, 0, 0.0),
    ]
    assert isinstance(found[0], Service)


def test_raw_messages_are_the_owners_alone_and_counts_are_not(scratch: psycopg.Connection[Any]) -> None:
    scratch.execute("set local role onemap_reader")
    assert scratch.execute("select count(*) from telemetry.tally").fetchone() == (0,)
    assert scratch.execute("select count(*) from telemetry.service").fetchone() == (0,)
    for table in ("message", "message_state", "message_key", "replay"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), scratch.transaction():
            scratch.execute(f"select count(*) from telemetry.{table}")


def test_what_waits_is_told_with_its_age(database: str) -> None:
    async def work() -> None:
        async with Intake("host=/nowhere dbname=none", TableSink()) as intake:
            assert intake.waiting() == (0, 0.0)
            await intake.put(Dialogue(Peer("sl651/tcp", "192.0.2.7:40000")).feed(WORKED, NOW))
            await asyncio.sleep(0.2)
            count, behind_s = intake.waiting()
            assert count == 1 and behind_s >= 0.2
            await intake.stop(patience_s=0.1)
        async with Intake(database, TableSink()) as intake:
            telling = asyncio.create_task(intake.tell("stations/a", lambda: True))
            for _ in range(100):
                await asyncio.sleep(0.05)
                with psycopg.connect(database) as own:
                    if watching.services(own):
                        break
            telling.cancel()
        with psycopg.connect(database) as own:
            assert [each.name for each in watching.services(own)] == ["stations/a"]

    asyncio.run(asyncio.wait_for(work(), 60))
