"""Renumbering of streets on a loaded register: by the rule, as told; previewed, undone, found again."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from register_reading import derived, texts

from address import reassign, renumber, store
from address.follow import Followed
from address.reassign import ChangedSince
from address.register import Register
from address.renumber import UnknownStreet, UnusableNumbering
from address.rules.charter import shipped
from address.rules.numbering import Number, Numbering
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.editing import restate_store
from spatial.history import ledger
from spatial.history.model import Intent

DAY = datetime(2026, 6, 1, tzinfo=BEIJING)
BEFORE, AFTER = datetime(2026, 3, 1, tzinfo=BEIJING), datetime(2026, 7, 1, tzinfo=BEIJING)
INTENT = Intent("li", "公安局", "门牌重编", DAY)
EPSG = 4549
RULE = shipped().numbering
STREET = "圣城街"
TURNED = Numbering(east_west_from="west", north_south_from="north")
"""The rule of another city: from the other end, so that odd numbers are on the other side."""


def doors(connection: Connection, when: datetime = AFTER) -> dict[str, str]:
    """Names of the doors of the street by key, as the tree has them."""
    rows = connection.execute(
        "select c.fid, c.name from history.components_believed c join history.components_believed s"
        " on s.fid = c.parent_id and s.valid_from <= %(t)s and s.valid_to > %(t)s"
        " where s.name = %(s)s and c.element = 50 and c.valid_from <= %(t)s and c.valid_to > %(t)s",
        {"t": when, "s": STREET},
    )
    return dict(rows.fetchall())


def renumbered(connection: Connection, numbers: dict[str, Number] | None = None, **more: Any) -> Any:
    rule = more.pop("rule", RULE)
    return renumber.renumber(connection, STREET, INTENT, "公门字1号", rule, EPSG, numbers, **more)


def test_a_street_is_numbered_from_its_other_end(register: Connection) -> None:
    before, was = doors(register), texts(register, AFTER)
    done = renumbered(register, rule=TURNED)
    after = doors(register)
    assert before.keys() == after.keys()
    assert {(each.door, each.before, each.after) for each in done.doors} == {
        (key, before[key], after[key]) for key in before if before[key] != after[key]
    }
    assert len(set(after.values())) == len(after), "no number twice"
    now = texts(register, AFTER)
    assert now == derived(register, AFTER)
    assert sum(was[key] != now[key] for key in now) == done.addresses > 0
    assert texts(register, BEFORE) == was and doors(register, BEFORE) == before
    turned = {each.door for each in done.doors if leading(each.before) % 2 != leading(each.after) % 2}
    assert len(turned) > 0.9 * len(done.doors), "odd numbers are on the other side now"
    # By the rule by which it was numbered the numbers stand the wrong way round, by the new one all right.
    assert done.findings.get("parity", (0, 0))[1] == 0 < done.findings["parity"][0]
    assert done.findings.get("order", (0, 0))[1] == 0
    assert ledger.verify(register).ok


def leading(name: str) -> int:
    """1133 of 1133号, 1133丁号, 1133号附1号."""
    found = re.match(r"\d+", name)
    assert found
    return int(found[0])


def test_numbers_follow_one_another_where_the_rule_knows_no_frontage(register: Connection) -> None:
    done = renumbered(register, rule=Numbering(frontage_m=0))
    after = sorted(int(name.removesuffix("号")) for name in doors(register).values())
    for side in (0, 1):
        numbers = [each for each in after if each % 2 == side]
        assert numbers == list(range(2 - side, 2 - side + 2 * len(numbers), 2))
    assert done.findings.get("gap", (0, 0))[1] == 0


def test_two_doors_change_their_numbers_with_each_other(register: Connection) -> None:
    plain = [(key, name) for key, name in sorted(doors(register).items()) if name.count("号") == 1]
    (one, first), (other, second) = [each for each in plain if each[1].removesuffix("号").isdigit()][:2]
    numbers = {one: Number(int(second[:-1])), other: Number(int(first[:-1]))}
    done = renumbered(register, numbers)
    after = doors(register)
    assert (after[one], after[other]) == (second, first)
    assert len(done.doors) == 2 and done.kept == len(after) - 2
    assert texts(register, AFTER) == derived(register, AFTER)
    assert not former(register), "both numbers are borne"


def former(connection: Connection) -> set[str]:
    rows = connection.execute(
        "select l.text from history.address_aliases_believed l join history.components_believed c"
        " on c.fid = l.component_id where l.kind = 'former' and c.element = 50"
        " and l.valid_from <= %(t)s and l.valid_to > %(t)s and c.valid_to > %(t)s",
        {"t": AFTER},
    )
    return {text for (text,) in rows}


def test_an_insert_becomes_a_number_and_the_former_one_leads_to_it(register: Connection) -> None:
    key, name = min(doors(register).items())
    renumbered(register, {key: Number(90_001, 3)})
    assert doors(register)[key] == "90001号附3号"
    renumbered(register, {key: Number(90_002)}, remark="再次")
    number, sub_number = register.execute(
        "select number, sub_number from history.components_believed where fid = %s and valid_to > %s",
        (key, AFTER),
    ).fetchone() or (0, 0)
    assert (number, sub_number) == (90_002, None)
    assert former(register) == {STREET + name, f"{STREET}90001号附3号"}
    engine = Register.of(Followed.of(store.snapshot(register, AFTER)), 0)
    street = next(text for text in texts(register, AFTER).values() if text.endswith(f"{STREET}90002号"))
    for written in (name, "90001号附3号"):
        whole = street.replace("90002号", written)
        for said in (
            whole,
            whole.removeprefix("山东省潍坊市"),
            f"寿光市{STREET}{written}",
            f"{STREET}{written}",
        ):
            (found, *_) = engine.search(said)
            assert engine.places.text(found.component) == street, said
    # Given to another door, the number is that one's again.
    another = next(each for each in doors(register) if each != key)
    plain = int(name.split("号")[0])
    renumbered(register, {another: Number(plain, int(name.split("附")[1][:-1]) if "附" in name else None)})
    assert STREET + name not in former(register)
    engine = Register.of(Followed.of(store.snapshot(register, AFTER)), 0)
    (found, *_) = engine.search(f"{STREET}{name}")
    assert engine.places.snapshot.components.key[found.component].as_py() == another


def test_a_preview_writes_nothing_and_an_undo_leaves_nothing(register: Connection) -> None:
    heads, before, was = ledger.heads(register), doors(register), texts(register, AFTER)
    seen = renumber.preview(register, STREET, INTENT, "公门字1号", TURNED, EPSG)
    assert ledger.heads(register) == heads and doors(register) == before
    done = renumbered(register, rule=TURNED)
    assert (seen.doors, seen.addresses, seen.links, seen.plates) == (
        done.doors, done.addresses, done.links, done.plates,
    )  # fmt: skip
    reassign.undo(register, DAY, done.changesets, INTENT)
    assert doors(register) == before and texts(register, AFTER) == was and not former(register)
    again = renumbered(register, rule=TURNED)
    assert again.doors == done.doors
    with pytest.raises(ChangedSince):
        reassign.undo(register, DAY, done.changesets, INTENT)


def test_a_door_that_is_being_changed_keeps_its_number_and_nobody_gets_it(register: Connection) -> None:
    key, name = min(doors(register).items())
    early = Intent("li", "民政局", "变更", datetime(2026, 5, 1, tzinfo=BEIJING))
    restate_store.restate(register, "components", early, [{"fid": key, "status": "changing"}])
    done = renumbered(register, rule=TURNED)
    after = doors(register)
    assert after[key] == name and key not in {each.door for each in done.doors}
    assert list(after.values()).count(name) == 1


def test_what_cannot_be_done_is_said_and_nothing_is_written(register: Connection) -> None:
    heads = ledger.heads(register)
    (one, first), (other, _), *_ = sorted(doors(register).items())
    number = Number(int(first.split("号")[0]), int(first.split("附")[1][:-1]) if "附" in first else None)
    for numbers in ({other: number}, {one: Number(90_001), other: Number(90_001)}, {"nowhere": Number(1)}):
        with pytest.raises(UnusableNumbering):
            renumbered(register, numbers)
    with pytest.raises(UnusableNumbering, match="1 至 99999"):
        renumbered(register, {one: Number(0)})
    with pytest.raises(UnusableNumbering, match="没有可改的"):
        renumbered(register, {one: number})
    with pytest.raises(UnknownStreet, match="没有这条街巷"):
        renumber.renumber(register, "没有街", INTENT, "公门字1号", RULE, EPSG)
    earlier = Intent("li", "公安局", "补录", datetime(2026, 2, 1, tzinfo=BEIJING))
    renumbered(register, {one: Number(90_001)})
    with pytest.raises(ChangedSince):
        renumber.renumber(register, STREET, earlier, "公门字0号", RULE, EPSG, {one: Number(90_003)})
    assert ledger.heads(register) != heads
