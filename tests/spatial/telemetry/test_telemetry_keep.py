"""Messages without readings are kept each once, whatever comes again, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.datum.clock import BEIJING
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.sink import Unstored

CHANNEL = "test/keep"
START = datetime(2026, 1, 30, 12, tzinfo=BEIJING)
REASONS = (None, Reason.BAD_BODY, Reason.FUTURE_DATED)


class Nothing:
    """A sink that is never asked."""

    def write(self, connection: object, readings: object) -> tuple[Unstored, ...]:
        raise AssertionError("there is nothing to write")


def arrival(day: int, body: int, reason: Reason | None) -> Arrival:
    data = b"body %d" % body
    made = Arrival(START + timedelta(days=day), CHANNEL, "peer 1", data, key_of(CHANNEL, data), "data")
    return made if reason is None else made.rejected(reason, "why\0")


SENT = st.lists(
    st.lists(st.builds(arrival, st.integers(0, 40), st.integers(0, 6), st.sampled_from(REASONS)), max_size=9),
    max_size=4,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SENT)
def test_every_message_is_kept_once_and_counted(
    scratch: psycopg.Connection[Any], sent: list[list[Arrival]]
) -> None:
    with scratch.transaction(force_rollback=True):
        before = counted(scratch)
        first: dict[bytes, tuple[int, Arrival]] = {}
        again: Counter[bytes] = Counter()
        outcomes: Counter[tuple[str, str]] = Counter()
        for batch in sent:
            told = store.keep(scratch, batch, Nothing())
            assert len(told) == len(batch)
            for each, done in zip(batch, told, strict=True):
                repeated = each.key in first
                if not repeated:
                    first[each.key] = (done.message, each)
                again[each.key] += repeated
                assert done == store.Kept(first[each.key][0], repeated, each.reason, 0)
                outcomes[outcome(each, repeated)] += 1
        rows = scratch.execute(
            "select id, received_at, peer, kind, bytes, reason, detail, unstored"
            " from telemetry.message where channel = %s order by id",
            (CHANNEL,),
        ).fetchall()
        assert rows == [
            (
                number, one.received_at, one.peer, one.kind, one.data, one.reason,
                one.detail.replace("\0", "\ufffd") or None, 0,
            )
            for number, one in first.values()
        ]  # fmt: skip
        keys = scratch.execute("select key, message, repeats from telemetry.message_key").fetchall()
        ours = {bytes(key): (message, repeats) for key, message, repeats in keys if bytes(key) in first}
        assert ours == {key: (number, again[key]) for key, (number, _) in first.items()}
        assert counted(scratch) - before == outcomes


def outcome(each: Arrival, repeated: bool) -> tuple[str, str]:
    if repeated:
        return "repeated", ""
    return ("accepted", "") if each.reason is None else ("rejected", str(each.reason))


def counted(connection: psycopg.Connection[Any]) -> Counter[tuple[str, str]]:
    rows = connection.execute(
        "select outcome, reason, sum(messages)::int from telemetry.tally where channel = %s group by 1, 2",
        (CHANNEL,),
    ).fetchall()
    return Counter({(what, why): number for what, why, number in rows})


def test_a_message_of_another_device_with_the_same_body_is_another(scratch: psycopg.Connection[Any]) -> None:
    one = replace(arrival(0, 1, None), device="0001")
    two = replace(one, device="0002", key=key_of(CHANNEL, "0002", one.data))
    assert [each.repeated for each in store.keep(scratch, [one, two, one], Nothing())] == [False, False, True]
