"""Edits beneath the doors: who may not see a field cannot write, lose or learn of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Title
from spatial.database import Connection, connect
from spatial.datum import frame, parse_instant
from spatial.editing import edit
from spatial.editing.model import Action, Condition, Edit, Edited, Target, Wish
from spatial.editing.rules import Reader, Way
from spatial.errors import (
    FeatureExists,
    FeatureRejected,
    NoSuchFeature,
    StaleVersion,
    Unavailable,
    VersionNotNamed,
)
from spatial.history import diff, ledger

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
from contracts import WELLS

CITY = read_city("370783")
EVERYTHING = frozenset(field.name for field in WELLS.fields)
PUBLIC = EVERYTHING - {"owner"}
WHATEVER = Condition(said=True, any_version=True)
WISH = Wish("李工", "水利局", "核查")
WAY = Way(frame("EPSG:4490"), swapped=False)
POINT = bytes(shapely.to_wkb(shapely.set_srid(shapely.Point(118.8, 36.9), 4490), include_srid=True))


@pytest.fixture
def wells(scratch: Connection) -> Iterator[Connection]:
    catalogue.publish(scratch, WELLS)
    yield scratch


def target(
    connection: Connection, visible: frozenset[str] = EVERYTHING, contract: Contract = WELLS
) -> Target:
    layer = catalogue.get(connection, contract.id)
    return Target(layer.contract, layer.table, CITY, visible)


def do(connection: Connection, one: Edit, visible: frozenset[str] = EVERYTHING, **wish: Any) -> Edited:
    with connection.transaction():  # whatever raises is rolled back
        return edit.apply(connection, target(connection, visible), [one], replace(WISH, **wish))


def well(**values: object) -> dict[str, object]:
    return {"geom": POINT, "code": "W0001", "name": "一", "kind": "1", "owner": "王某", **values}


def stored(connection: Connection, *names: str) -> tuple[object, ...]:
    row = connection.execute(
        f"select {', '.join(names)} from history.test_wells_believed order by valid_from desc limit 1"
    ).fetchone()
    assert row is not None
    return tuple(row)


def test_replacing_keeps_what_the_editor_may_not_see(wells: Connection) -> None:
    do(wells, Edit(Action.CREATE, "W0001", well(depth=5.0)))
    seen = {name: value for name, value in well(name="二").items() if name != "owner"}
    do(wells, Edit(Action.REPLACE, "W0001", seen, WHATEVER), PUBLIC)
    assert stored(wells, "name", "owner", "depth") == ("二", "王某", None)
    do(wells, Edit(Action.REPLACE, "W0001", seen, WHATEVER), EVERYTHING)
    assert stored(wells, "name", "owner") == ("二", None)


def test_a_field_out_of_sight_is_no_field(wells: Connection) -> None:
    body = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [118.8, 36.9]},
        "properties": {"code": "W0001", "kind": "1", "owner": "我"},
    }
    reader = Reader(target(wells, PUBLIC), WAY)
    reader.created([body])
    with pytest.raises(FeatureRejected) as refused:
        reader.done()
    faults = refused.value.details["faults"]
    assert [fault["where"] for fault in faults] == ["properties.owner"]  # type: ignore[attr-defined]
    assert "owner" not in faults[0]["en"].partition("there are ")[2].partition(":")[0]  # type: ignore[index]
    whole = Reader(target(wells), WAY)
    (made,) = whole.created([body])
    assert whole.done() is None
    assert made.values["owner"] == "我"


def test_a_rule_about_a_field_out_of_sight_is_told_without_it(wells: Connection) -> None:
    guarded = replace(
        WELLS, id="guarded", fields=(*WELLS.fields[:-1], replace(WELLS.fields[-1], required=True))
    )
    catalogue.publish(wells, guarded)
    with pytest.raises(FeatureRejected) as refused:
        edit.apply(
            wells, target(wells, PUBLIC, guarded), [Edit(Action.CREATE, "W0001", well(owner=None))], WISH
        )
    told = f"{refused.value.zh} {refused.value.en} {refused.value.details}"
    assert "owner" not in told and "户主" not in told
    assert refused.value.details["where"] == "properties"


def test_another_field_out_of_sight_does_not_clash(wells: Connection) -> None:
    """Somebody else's edit of the owner is no reason for a clash, is kept, and is not shown."""
    do(wells, Edit(Action.CREATE, "W0001", well()))
    base = Condition(said=True, named=(named(wells),))
    do(wells, Edit(Action.UPDATE, "W0001", {"owner": "张某"}, base))
    mine = Edit(Action.UPDATE, "W0001", {"name": "三"}, base)
    with pytest.raises(StaleVersion) as refused:
        do(wells, mine, PUBLIC)
    assert "某" not in str(refused.value.details)
    assert refused.value.details["clashing"] == []
    assert do(wells, replace(mine, merge=True), PUBLIC).merged == {"W0001"}
    assert stored(wells, "name", "owner") == ("三", "张某")


def named(connection: Connection) -> Any:
    from spatial.editing.model import Named

    return Named(*stored(connection, "opened_by", "valid_from"))  # type: ignore[arg-type]


def staged(connection: Connection) -> str:
    row = connection.execute(
        "select relname from pg_class where relname ~ '^test_wells_edits_' and relkind = 'r'"
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_what_is_and_is_not_there(wells: Connection) -> None:
    for action in (Action.UPDATE, Action.REMOVE):
        with pytest.raises(NoSuchFeature):
            do(wells, Edit(action, "W0001", condition=WHATEVER))
    do(wells, Edit(Action.CREATE, "W0001", well()))
    with pytest.raises(FeatureExists):
        do(wells, Edit(Action.CREATE, "W0001", well()))
    for action in (Action.REPLACE, Action.UPDATE, Action.REMOVE):
        with pytest.raises(VersionNotNamed):
            do(wells, Edit(action, "W0001", well()))
    with pytest.raises(StaleVersion):
        do(wells, Edit(Action.REPLACE, "W0001", well(), Condition(absent=True)))
    assert do(wells, Edit(Action.REPLACE, "W0001", well(), WHATEVER)).changeset is None


def test_several_edits_are_one_changeset(wells: Connection) -> None:
    codes = [f"W{number:04d}" for number in range(4)]
    layer = target(wells)
    many = [Edit(Action.CREATE, code, well(code=code, name=code)) for code in codes[:3]]
    edit.apply(wells, layer, many, WISH)
    mixed = [
        Edit(Action.REMOVE, codes[0], condition=WHATEVER),
        Edit(Action.UPDATE, codes[1], {"name": "改"}, WHATEVER),
        Edit(Action.REPLACE, codes[2], well(code=codes[2], name="换"), WHATEVER),
        Edit(Action.REPLACE, codes[3], well(code=codes[3], name="新")),
    ]
    done = edit.apply(wells, layer, mixed, WISH)
    assert done.changeset is not None
    assert done.created == {codes[3]}
    changes = {
        change.fid: change.kind.value for change in diff.of_changeset(wells, layer.table, done.changeset.id)
    }
    assert changes == dict(zip(codes, ("delete", "update", "update", "insert"), strict=True))
    assert ledger.verify(wells).ok


def test_combinations_stay_single_in_the_state_after(wells: Connection) -> None:
    do(wells, Edit(Action.CREATE, "W0001", well()))
    with pytest.raises(FeatureRejected) as refused:
        do(wells, Edit(Action.CREATE, "W0002", well(code="W0002")))
    assert refused.value.details["where"] == "properties.name"
    swapped = [
        Edit(Action.UPDATE, "W0001", {"name": "二"}, WHATEVER),
        Edit(Action.CREATE, "W0002", well(code="W0002", name="一")),
    ]
    assert edit.apply(wells, target(wells), swapped, WISH).changeset is not None


def test_a_widened_layer_is_edited_with_its_new_field(wells: Connection) -> None:
    do(wells, Edit(Action.CREATE, "W0001", well()))
    before = staged(wells)
    added = Field("note", FieldType.TEXT, Title("备注", "note"))
    wider = replace(WELLS, fields=(*WELLS.fields, added))
    catalogue.publish(wells, wider)
    everything = EVERYTHING | {"note"}
    done = do(wells, Edit(Action.UPDATE, "W0001", {"note": "新"}, WHATEVER), everything)
    assert done.changeset is not None
    assert stored(wells, "name", "note") == ("一", "新")
    assert staged(wells) != before
    assert ledger.verify(wells).ok


def test_edits_from_now_on_follow_each_other(wells: Connection) -> None:
    """However fast: each begins after the one before, so that a version always has its own name."""
    done = [do(wells, Edit(Action.CREATE, "W0001", well()))]
    done += [do(wells, Edit(Action.UPDATE, "W0001", {"pumps": n}, WHATEVER)) for n in range(10)]
    starts: list[datetime] = [each.valid_from for each in done]
    assert starts == sorted(set(starts))
    recorded = [each.changeset.recorded_at for each in done if each.changeset]
    assert all(since <= at for since, at in zip(starts, recorded, strict=True))
    back = do(wells, Edit(Action.UPDATE, "W0001", {"pumps": 5}, WHATEVER), valid_from=starts[3])
    assert back.valid_from == starts[3]
    with pytest.raises(NoSuchFeature):
        long_ago = parse_instant("1990-01-01")
        do(wells, Edit(Action.UPDATE, "W0001", {"pumps": 5}, WHATEVER), valid_from=long_ago)


def test_an_edit_waits_for_a_delivery_and_not_for_ever(connection: Connection, database: str) -> None:
    catalogue.publish(connection, WELLS)
    connection.commit()
    do(connection, Edit(Action.CREATE, "W0001", well()))  # not committed: it holds the layer
    with connect(database) as second:
        second.execute("set lock_timeout = '100ms'")
        with pytest.raises(Unavailable):
            do(second, Edit(Action.CREATE, "W0002", well(code="W0002", name="二")))
        connection.commit()
        assert do(second, Edit(Action.CREATE, "W0002", well(code="W0002", name="二"))).changeset is not None
