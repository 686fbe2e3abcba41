"""Reorganisation of regions on a loaded register: moved, renamed, merged, split; previewed and undone."""

from __future__ import annotations

from datetime import datetime

import pytest
from register_reading import derived, texts

from address import reassign, renumber, resolve_store, store
from address.places import Places
from address.reassign import (
    ChangedSince,
    Merge,
    Move,
    Recode,
    Rename,
    Split,
    Step,
    UnknownUnit,
    UnusableStep,
)  # fmt: skip
from address.rules.charter import shipped
from address.rules.numbering import Number
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.editing import restate_store
from spatial.errors import OneMapError
from spatial.history import ledger
from spatial.history.model import Intent

DAY = datetime(2026, 6, 1, tzinfo=BEIJING)
AFTER = datetime(2026, 7, 1, tzinfo=BEIJING)
INTENT = Intent("li", "民政局", "区划调整", DAY)
SANYUANZHU, SUNJIAJI, LUOCHENG = "370783006232", "370783006000", "370783005000"


def at(connection: Connection, when: datetime = AFTER) -> Places:
    return Places(store.snapshot(connection, when))


def live_keys(places: Places) -> set[str]:
    components = places.snapshot.components
    return {
        key for key, live in zip(components.key.to_pylist(), components.current.tolist(), strict=True) if live
    }


def test_a_village_moves_with_all_that_lies_in_it(register: Connection) -> None:
    before = texts(register, AFTER)
    done = reassign.reassign(register, [Move((SANYUANZHU,), LUOCHENG)], INTENT, "寿政字1号")
    after = texts(register, AFTER)
    assert after == derived(register, AFTER)
    changed = [key for key in after if after[key] != before[key]]
    assert len(changed) == done.addresses > 0
    assert all("孙家集街道三元朱村" in before[key] and "洛城街道三元朱村" in after[key] for key in changed)
    assert set(before) == set(after)
    places = at(register)
    assert places.text(places.find(SANYUANZHU)).endswith("洛城街道三元朱村")
    assert texts(register, datetime(2026, 3, 1, tzinfo=BEIJING)) == before
    assert ledger.verify(register).ok


def test_a_preview_writes_nothing_and_says_the_same(register: Connection) -> None:
    steps = [Move((SANYUANZHU,), LUOCHENG), Rename("370783003215", "新桑村")]
    heads = ledger.heads(register)
    seen = reassign.preview(register, steps, INTENT, "寿政字1号")
    assert ledger.heads(register) == heads
    done = reassign.reassign(register, steps, INTENT, "寿政字1号")
    assert (seen.components, seen.addresses, seen.links) == (done.components, done.addresses, done.links)
    assert seen.changesets.keys() == done.changesets.keys()


def test_an_old_name_and_an_old_code_still_lead_there(register: Connection) -> None:
    key = at(register).find("370783003215")
    fid = at(register).snapshot.components.key[key].as_py()
    reassign.reassign(register, [Rename(fid, "新桑村"), Recode(fid, "370783003999")], INTENT, "寿政字2号")
    places = at(register)
    assert places.snapshot.components.key[places.find("370783003999")].as_py() == fid
    for code in ("370783003215", "370783003999"):
        assert resolve_store.coded(register, code) == (fid, "division")
    aliases = places.snapshot.aliases
    led = {
        text: places.snapshot.components.key[row].as_py()
        for text, row in zip(aliases.text.to_pylist(), aliases.component.tolist(), strict=True)
    }
    assert led["桑家营子村"] == fid
    assert texts(register, AFTER) == derived(register, AFTER)


def test_a_merged_town_leads_to_its_successor(register: Connection) -> None:
    before = at(register)
    town = before.find(SUNJIAJI)
    there = {before.name(each) for each in before.children(before.find(LUOCHENG)).tolist()}
    twins = [each for each in before.children(town).tolist() if before.name(each) in there]
    steps = [
        Rename(before.snapshot.components.key[each].as_py(), f"孙集{before.name(each)}") for each in twins
    ]
    reassign.reassign(register, [*steps, Merge((SUNJIAJI,), LUOCHENG)], INTENT, "寿政字3号")
    places = at(register)
    old = places.find(before.snapshot.components.key[town].as_py())
    (successor,) = places.successor(old)
    assert places.name(successor) == "洛城街道"
    assert not places.snapshot.components.current[old]
    assert not len(places.children(old))
    assert texts(register, AFTER) == derived(register, AFTER)


def test_names_that_would_collide_are_refused_and_nothing_is_written(register: Connection) -> None:
    heads = ledger.heads(register)
    taken = "桑家庄村"  # in the same town
    with pytest.raises(OneMapError), register.transaction():
        reassign.reassign(register, [Rename("370783003215", taken)], INTENT, "寿政字4号")
    assert ledger.heads(register) == heads


def test_a_town_is_split_and_put_together_again(register: Connection) -> None:
    before, places_before = texts(register, AFTER), at(register)
    steps = [Split(SUNJIAJI, "三元街道", (SANYUANZHU,), "370783007000")]
    done = reassign.reassign(register, steps, INTENT, "寿政字5号")
    places = at(register)
    assert places.text(places.find(SANYUANZHU)).endswith("寿光市三元街道三元朱村")
    areas = dict(
        register.execute(
            "select name, st_area(geom) from history.regions_believed"
            " where name in ('三元街道', '孙家集街道') and valid_to > %s and valid_from <= %s", (AFTER, AFTER)
        ).fetchall()
    )  # fmt: skip
    assert 0 < areas["三元街道"] < areas["孙家集街道"]
    reassign.undo(register, done.day, done.changesets, INTENT)
    assert texts(register, AFTER) == before
    assert live_keys(at(register)) == live_keys(places_before)
    assert ledger.verify(register).ok


def test_what_was_changed_since_is_not_undone(register: Connection) -> None:
    done = reassign.reassign(register, [Move((SANYUANZHU,), LUOCHENG)], INTENT, "寿政字6号")
    reassign.reassign(register, [Rename(SANYUANZHU, "新三元村")], INTENT, "寿政字7号")
    with pytest.raises(ChangedSince), register.transaction():
        reassign.undo(register, done.day, done.changesets, INTENT)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([Move(("999",), LUOCHENG)], UnknownUnit),
        ([Move((LUOCHENG,), SANYUANZHU)], UnusableStep),
        ([Move((SANYUANZHU,), SUNJIAJI)], UnusableStep),
        ([Merge((SANYUANZHU,), LUOCHENG)], UnusableStep),
        ([Rename(SANYUANZHU, " ")], UnusableStep),
        ([Recode(SANYUANZHU, "12ab")], UnusableStep),
        ([], UnusableStep),
    ],
)
def test_steps_that_make_no_sense_are_refused(register: Connection, steps, error) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error):
        reassign.reassign(register, steps, INTENT, "寿政字8号")


def _in(month: int) -> Intent:
    return Intent("li", "民政局", "区划调整", datetime(2026, month, 1, tzinfo=BEIJING))


def _first_door(connection: Connection, village: str) -> tuple[str, str]:
    """Keys of a village and of a door of it."""
    places = at(connection)
    row = places.find(village)
    door = next(
        each for each in places.children(row).tolist() if places.snapshot.components.element[each] == 50
    )
    return places.snapshot.components.key[row].as_py(), places.snapshot.components.key[door].as_py()


def _renumbered(connection: Connection, village: str, door: str, month: int) -> None:
    numbers = {door: Number(8888, None)}
    renumber.renumber(connection, village, _in(month), "公门字1号", shipped().numbering, 4549, numbers)


def test_what_came_below_since_is_not_left_with_a_text_of_the_other_town(register: Connection) -> None:
    done = reassign.reassign(register, [Move((SANYUANZHU,), LUOCHENG)], INTENT, "寿政字9号")
    village, _ = _first_door(register, SANYUANZHU)
    door = {"fid": "new-door", "component_id": "new-door", "element": 50, "parent_id": village,
            "name": "9999号", "norm_key": "9999号", "number": 9999, "status": "active"}  # fmt: skip
    restate_store.restate(register, "components", _in(7), created=[door])
    places = at(register)
    text = places.text(places.find(SANYUANZHU))
    assert "洛城街道" in text
    address = {"fid": "new-address", "address_id": "new-address", "component_id": "new-door",
               "form": "village", "full_text": f"{text}9999号", "status": "active"}  # fmt: skip
    restate_store.restate(register, "addresses", _in(7), created=[address])
    with pytest.raises(ChangedSince, match="new-address"), register.transaction():
        reassign.undo(register, done.day, done.changesets, _in(8))
    back = reassign.reassign(register, [Move((SANYUANZHU,), SUNJIAJI)], _in(8), "寿政字10号")
    assert back.addresses > 1
    assert texts(register, AFTER) == derived(register, AFTER)


def test_a_text_that_is_laid_down_for_later_does_not_go_stale(register: Connection) -> None:
    village, door = _first_door(register, SANYUANZHU)
    with register.transaction(force_rollback=True):
        _renumbered(register, village, door, 8)
        with pytest.raises(ChangedSince), register.transaction():
            reassign.reassign(register, [Move((SANYUANZHU,), LUOCHENG)], INTENT, "寿政字11号")
    reassign.reassign(register, [Move((SANYUANZHU,), LUOCHENG)], _in(8), "寿政字12号")
    with pytest.raises(ChangedSince), register.transaction():
        _renumbered(register, village, door, 6)
    _renumbered(register, village, door, 9)
    for month in (7, 8, 10):
        when = datetime(2026, month, 2, tzinfo=BEIJING)
        assert texts(register, when) == derived(register, when)


def test_a_merged_unit_takes_part_in_nothing_any_more(register: Connection) -> None:
    village, into = "370783003215", "370783003216"
    reassign.reassign(register, [Merge((village,), into)], INTENT, "寿政字13号")
    others: list[Step] = [
        Rename(village, "新村"), Recode(village, "370783003999"), Move((village,), LUOCHENG),
        Merge((village,), into), Merge((into,), village), Move((SANYUANZHU,), village),
    ]  # fmt: skip
    for step in others:
        with pytest.raises(UnusableStep), register.transaction():
            reassign.reassign(register, [step], _in(7), "寿政字14号")


def test_no_two_units_have_one_code(register: Connection) -> None:
    one, other = SANYUANZHU, "370783003215"
    for steps in (
        [Recode(one, other)], [Recode(one, one)], [Split(SUNJIAJI, "三元街道", (one,), LUOCHENG)],
        [Recode(one, "370783003999"), Recode(other, "370783003999")],
    ):  # fmt: skip
        with pytest.raises(UnusableStep), register.transaction():
            reassign.reassign(register, steps, INTENT, "寿政字15号")
    fid = at(register).snapshot.components.key[at(register).find(one)].as_py()
    # One that has been given up in the same call is free.
    reassign.reassign(register, [Recode(one, "370783003999"), Recode(other, one)], INTENT, "寿政字16号")
    assert resolve_store.coded(register, "370783003999") == (fid, "division")


def test_an_undo_that_takes_nothing_back_is_refused(register: Connection) -> None:
    with pytest.raises(UnusableStep):
        reassign.undo(register, DAY, {"components": 10**9}, INTENT)
