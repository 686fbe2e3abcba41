"""Any sequence of edits, now and back-dated, against a model; every state there ever was is read again."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from api_serving import Served
from edit_requests import address, delete, feature, match, patch, post, put
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

DAYS = [date(2026, 3, 1) + timedelta(days=number) for number in range(4)]
FIDS = ("a", "b/c")
_RUNS = itertools.count()
_fids = st.sampled_from(FIDS)
_days = st.integers(0, len(DAYS) - 1)
_floors = st.none() | st.integers(0, 2)
_names = st.sampled_from(["甲", "乙"])
Value = tuple[str | None, int | None]


class Timeline:
    """One feature as a list of (first day, day after the last, value); an end of None is open."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int | None, Value]] = []

    def at(self, day: int) -> tuple[int, int | None, Value] | None:
        return next((s for s in self.spans if s[0] <= day and (s[1] is None or day < s[1])), None)

    def say(self, day: int, value: Value) -> bool:
        """From that day until what stands there ends, or the next begins; whether anything changed."""
        found = self.at(day)
        if found is None:
            end = min((start for start, _, _ in self.spans if start > day), default=None)
            self.spans.append((day, end, value))
            return True
        start, end, before = found
        if before == value:
            return False
        self.spans.remove(found)
        self.spans += [(start, day, before)] if start < day else []
        self.spans.append((day, end, value))
        return True

    def end(self, day: int) -> None:
        """Gone from that day on."""
        left = [(start, end, value) for start, end, value in self.spans if start < day]
        self.spans = [(s, day if e is None or e > day else e, value) for s, e, value in left]

    def days(self) -> list[Value | None]:
        """What is true on each day."""
        spans = [self.at(day) for day in range(len(DAYS))]
        return [None if span is None else span[2] for span in spans]


class Editing(RuleBasedStateMachine):
    """Edits through HTTP beside the model; a snapshot of the model after each changeset."""

    served: Served

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"lauf{next(_RUNS)}"
        self.model = {fid: Timeline() for fid in FIDS}
        self.snapshots: list[tuple[str, dict[str, list[Value | None]]]] = []

    def fid(self, fid: str) -> str:
        return f"{self.prefix}/{fid}"

    def tag(self, fid: str, day: int) -> dict[str, str]:
        got = self.served.get(address(self.fid(fid)), params={"datetime": DAYS[day].isoformat()})
        return match(got.headers["etag"])

    def since(self, day: int) -> dict[str, str]:
        return {"valid-from": DAYS[day].isoformat()}

    def snap(self) -> None:
        newest = self.served.get("/changesets?limit=1&layer=points").json()["changesets"][0]
        state = {fid: line.days() for fid, line in self.model.items()}
        self.snapshots.append((newest["recorded_at"], state))

    @rule(fid=_fids, day=_days, name=_names, floors=_floors)
    def create(self, fid: str, day: int, name: str, floors: int | None) -> None:
        body = feature(self.fid(fid), name=name, floors=floors)
        response = post(self.served, body, params=self.since(day))
        if self.model[fid].at(day) is not None:
            assert response.status_code == 409
            return
        assert response.status_code == 201, response.text
        self.model[fid].say(day, (name, floors))
        self.snap()

    @rule(fid=_fids, day=_days, name=_names)
    def replace(self, fid: str, day: int, name: str) -> None:
        there = self.model[fid].at(day) is not None
        headers = self.tag(fid, day) if there else {}
        response = put(
            self.served, self.fid(fid), feature(None, name=name), headers=headers, params=self.since(day)
        )
        assert response.status_code == (204 if there else 201), response.text
        if self.model[fid].say(day, (name, None)):
            self.snap()

    @rule(fid=_fids, day=_days, floors=_floors)
    def update(self, fid: str, day: int, floors: int | None) -> None:
        found = self.model[fid].at(day)
        headers = self.tag(fid, day) if found else match("*")
        change = {"properties": {"floors": floors}}
        response = patch(self.served, self.fid(fid), change, headers=headers, params=self.since(day))
        if found is None:
            assert response.status_code == 404
            return
        assert response.status_code == 204, response.text
        if self.model[fid].say(day, (found[2][0], floors)):
            self.snap()

    @rule(fid=_fids, day=_days)
    def remove(self, fid: str, day: int) -> None:
        there = self.model[fid].at(day) is not None
        headers = self.tag(fid, day) if there else match("*")
        response = delete(self.served, self.fid(fid), headers=headers, params=self.since(day))
        assert response.status_code == (204 if there else 404), response.text
        if there:
            self.model[fid].end(day)
            self.snap()

    @rule(fid=_fids, day=_days)
    def stale(self, fid: str, day: int) -> None:
        """A version that never was changes nothing."""
        if self.model[fid].at(day) is None:
            return
        response = delete(self.served, self.fid(fid), headers=match('"0"'), params=self.since(day))
        assert response.status_code == 412

    def teardown(self) -> None:
        for asof, state in self.snapshots:
            for fid, days in state.items():
                assert [self.read(fid, day, asof) for day in range(len(DAYS))] == days, (fid, asof)

    def read(self, fid: str, day: int, asof: str) -> Value | None:
        when = {"datetime": DAYS[day].isoformat(), "asof": asof}
        response = self.served.get(address(self.fid(fid)), params=when)
        if response.status_code == 404:
            return None
        told: dict[str, Any] = response.json()["properties"]
        return told["name"], told["floors"]


def test_reads_of_every_past_changeset_equal_the_model(edited: Served) -> None:
    Editing.served = edited
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
