"""Differences and merges: A + difference(A, B) = B."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from history_cases import SITES, day, deliver, make, must, shown, site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import Connection
from spatial.history import conflict, diff
from spatial.history.model import Change, ChangeKind, Column, Delivery, FeatureTable

Belief = dict[tuple[str, datetime], tuple[str | None, datetime | None]]


def believed_after(conn: Connection, table: FeatureTable, changeset: int) -> Belief:
    rows = conn.execute(
        f"""
        select fid, valid_from, name, nullif(valid_to, 'infinity') from history."{table.name}"
        where opened_by <= %(n)s and (closed_by is null or closed_by > %(n)s)
        """,
        {"n": changeset},
    )
    return {(fid, start): (name, end) for fid, start, name, end in rows}


def patched(belief: Belief, changes: list[Change]) -> Belief:
    """A state with a difference applied to it, from what the difference says alone."""
    result = dict(belief)
    for change in changes:
        assert change.valid_from is not None
        key = change.fid, change.valid_from
        fields: dict[str, Any] = {f.name: f for f in change.fields}
        if change.kind is ChangeKind.DELETE:
            del result[key]
            continue
        name = result[key][0] if change.kind is ChangeKind.UPDATE else None
        if "name" in fields:
            assert fields["name"].old == name
            name = fields["name"].new
        result[key] = name, change.valid_to
    return result


counter = itertools.count()
rows = st.lists(
    st.builds(
        dict,
        fid=st.sampled_from("abc"),
        name=st.sampled_from("xyz"),
        remove=st.booleans(),
        valid_from=st.integers(0, 4).map(day),
        valid_to=st.none() | st.integers(5, 8).map(day),
    ),
    unique_by=lambda row: row["fid"],
    max_size=3,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deliveries=st.lists(rows, min_size=2, max_size=5), data=st.data())
def test_a_state_and_a_difference_make_the_other_state(
    connection: Connection, deliveries: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    table = FeatureTable(f"diff-{next(counter)}", (Column("name", "text"),), None)
    make(connection, table)
    made = [0, *(c.id for d in deliveries if (c := deliver(connection, table, d)) is not None)]
    older, newer = sorted(data.draw(st.lists(st.sampled_from(made), min_size=2, max_size=2)))
    changes = list(diff.between(connection, table, older, newer))
    assert patched(believed_after(connection, table, older), changes) == believed_after(
        connection, table, newer
    )
    connection.rollback()


def test_the_map_of_a_day_counts_content_alone(connection: Connection) -> None:
    make(connection, SITES)
    first = must(deliver(connection, SITES, [site("a", "甲"), site("b", "乙")], delivery=Delivery.FULL))
    second = must(deliver(connection, SITES, [site("a", "改"), {"fid": "b", "remove": True}], from_day=10))

    def on(n: int) -> dict[str, ChangeKind]:
        return {c.fid: c.kind for c in diff.on_day(connection, SITES, first.id, second.id, day(n))}

    assert on(5) == {}, "both only end earlier: on that day nothing differs"
    assert on(15) == {"a": ChangeKind.UPDATE, "b": ChangeKind.DELETE}
    between = list(diff.between(connection, SITES, first.id, second.id))
    assert [(c.fid, c.kind) for c in between] == [
        ("a", ChangeKind.UPDATE),
        ("a", ChangeKind.INSERT),
        ("b", ChangeKind.UPDATE),
    ]
    assert [f.name for f in between[0].fields] == ["valid_to"]


def test_a_changeset_is_told_by_feature_with_old_values_and_new(connection: Connection) -> None:
    make(connection, SITES)
    first = must(deliver(connection, SITES, [site("a", "甲"), site("b", "乙")], delivery=Delivery.FULL))
    later = [site("a", "改"), {"fid": "b", "remove": True}, site("c", "丙")]
    second = must(deliver(connection, SITES, later, from_day=10))
    told = list(diff.of_changeset(connection, SITES, second.id))
    assert [(c.fid, c.kind, c.valid_from) for c in told] == [
        ("a", ChangeKind.UPDATE, day(10)),
        ("b", ChangeKind.DELETE, day(10)),
        ("c", ChangeKind.INSERT, day(10)),
    ]
    assert [(f.name, f.old, f.new) for f in told[0].fields] == [("name", "甲", "改")]
    assert {c.fid for c in diff.of_changeset(connection, SITES, first.id)} == {"a", "b"}


def test_differences_show_public_fields_only(connection: Connection) -> None:
    make(connection, SITES)
    changeset = must(deliver(connection, SITES, [site("a", keeper="王")]))
    (change,) = diff.between(connection, SITES, 0, changeset.id)
    assert {f.name for f in change.fields} == {"geom", "name"}


def test_versions_tell_the_whole_story(connection: Connection) -> None:
    make(connection, SITES)
    first = must(deliver(connection, SITES, [site("a", "甲")]))
    second = must(deliver(connection, SITES, [site("a", "乙")], from_day=10))
    told = diff.versions(connection, SITES, "a")
    assert [(v.valid_from, v.valid_to, v.opened_by, v.closed_by) for v in told] == [
        (day(0), None, first.id, second.id),
        (day(0), day(10), second.id, None),
        (day(10), None, second.id, None),
    ]
    assert [v.recorded_to for v in told] == [second.recorded_at, None, None]
    assert diff.versions(connection, SITES, "nobody") == ()
    connection.rollback()
    assert shown(connection, SITES, day(12), first.recorded_at) == {"a": "甲"}


values = st.fixed_dictionaries({n: st.integers(0, 2) for n in ("geom", "name", "floors")})


@given(base=values, mine=values, theirs=values)
def test_merging_keeps_both_edits_or_names_the_clash(
    base: dict[str, int], mine: dict[str, int], theirs: dict[str, int]
) -> None:
    merged = conflict.merge(base, mine, theirs)
    for name in base:
        sides = {v[name] for v in (mine, theirs)} - {base[name]}
        assert (name in merged.clashing) == (len(sides) == 2)
        if name not in merged.clashing:
            assert merged.values[name] == (sides.pop() if sides else base[name])
    assert merged.clean == (not merged.clashing)
    assert set(conflict.merge(base, theirs, mine).clashing) == set(merged.clashing)
