"""A register that follows its changes answers as one that is built anew from what there is then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from address import kept
from address.follow import Followed
from address.model import Element, Form
from address.register import Register
from address.sample import generate
from address.snapshot import Addresses, Components, Snapshot

FORMS = tuple(str(form) for form in Form)
Row = dict[str, Any]


class Book:
    """A register as rows by key, which knows nothing of row numbers: what both are made from."""

    def __init__(self, snapshot: Snapshot) -> None:
        c, a = snapshot.components, snapshot.addresses
        key, self.aliases = c.key.to_pylist(), snapshot.aliases
        self.components: dict[str, Row] = {
            key[row]: {
                "fid": key[row], "element": int(c.element[row]), "name": c.name[row].as_py(),
                "parent": key[c.parent[row]] if c.parent[row] >= 0 else "", "number": int(c.number[row]),
                "sub_number": int(c.sub_number[row]), "code": c.code[row].as_py(),
                "successor": key[c.successor[row]] if c.successor[row] >= 0 else "",
                "current": bool(c.current[row]),
            }
            for row in range(len(key))
        }  # fmt: skip
        own = a.key.to_pylist()
        self.addresses: dict[str, Row] = {
            own[row]: {
                "fid": own[row], "component": key[a.component[row]], "region": key[a.region[row]],
                "form": FORMS[a.form[row]], "x": float(a.longitude_deg[row]), "y": float(a.latitude_deg[row]),
                "accuracy": float(a.accuracy_m[row]), "current": bool(a.current[row]),
                "main": own[a.main[row]] if a.main is not None and a.main[row] >= 0 else "",
            }
            for row in range(len(own))
        }  # fmt: skip
        self.alias_of = [key[row] for row in snapshot.aliases.component]
        self.met = snapshot.crossings
        self.met_by = [
            (key[one], key[other]) for one, other in zip(self.met.first, self.met.second, strict=True)
        ]

    def snapshot(self) -> Snapshot:
        """Read as a whole: parents before children, as the store orders them."""
        rows = sorted(self.components.values(), key=lambda each: each["element"])
        at = {each["fid"]: row for row, each in enumerate(rows)} | {"": -1}
        ends = list(self.addresses.values())
        end_at = {each["fid"]: row for row, each in enumerate(ends)} | {"": -1}
        components = Components(
            *(pa.array([each["fid"] for each in rows]), ints(at.get(each["parent"], -1) for each in rows)),
            np.array([each["element"] for each in rows], np.uint8), pa.array([each["name"] for each in rows]),
            ints(each["number"] for each in rows), ints(each["sub_number"] for each in rows),
            pa.array([each["code"] for each in rows]), np.array([each["current"] for each in rows]),
            ints(at.get(each["successor"], -1) for each in rows),
        )  # fmt: skip
        addresses = Addresses(
            pa.array([each["fid"] for each in ends]), ints(at[each["component"]] for each in ends),
            ints(at[each["region"]] for each in ends),
            np.array([FORMS.index(each["form"]) for each in ends], np.uint8),
            np.array([each["x"] for each in ends]), np.array([each["y"] for each in ends]),
            np.array([each["accuracy"] for each in ends], np.float32),
            np.array([each["current"] for each in ends]), ints(end_at[each["main"]] for each in ends),
        )  # fmt: skip
        aliases = replace(self.aliases, component=ints(at[key] for key in self.alias_of))
        met = replace(
            self.met,
            first=ints(at[one] for one, _ in self.met_by),
            second=ints(at[o] for _, o in self.met_by),
        )
        return Snapshot(components, addresses, aliases, met, "rebuilt")

    def columns(self, rows: dict[str, Row], keys: set[str], types: dict[str, pa.DataType]) -> Any:
        picked = [rows[key] for key in sorted(keys)]
        return {name: pa.array([each[name] for each in picked], kind) for name, kind in types.items()}


def ints(values: Iterator[int]) -> Any:
    return np.array(list(values), np.int32)


TEXT, WHOLE = pa.string(), pa.int32()
TREE = {
    "fid": TEXT, "element": pa.uint8(), "parent": TEXT, "name": TEXT, "number": WHOLE, "sub_number": WHOLE,
    "code": TEXT, "successor": TEXT, "current": pa.bool_(),
}  # fmt: skip
ENDS = {
    "fid": TEXT, "component": TEXT, "region": TEXT, "form": TEXT, "main": TEXT, "x": pa.float64(),
    "y": pa.float64(), "accuracy": pa.float32(), "current": pa.bool_(),
}  # fmt: skip


class Edits:
    """What people do to a register, one after the other; and which rows that changes."""

    def __init__(self, book: Book, draw: random.Random) -> None:
        self.book, self.draw = book, draw
        self.components: set[str] = set()
        self.addresses: set[str] = set()
        self.serial = 0

    def pick(self, *elements: Element) -> str:
        return self.draw.choice(
            sorted(k for k, r in self.book.components.items() if r["element"] in elements and r["current"])
        )

    def put(self, key: str, **more: Any) -> str:
        self.book.components[key] = {**self.book.components.get(key, {}), "fid": key, **more}
        self.components.add(key)
        return key

    def new(self, parent: str, element: Element, name: str, number: int = -1) -> str:
        self.serial += 1
        return self.put(
            f"new-{self.draw.random()}-{self.serial}", parent=parent, element=int(element), name=name,
            number=number, sub_number=-1, code="", successor="", current=True,
        )  # fmt: skip

    def at(self, component: str, **more: Any) -> None:
        near = self.book.addresses[self.draw.choice(sorted(self.book.addresses))]
        row = near | {"fid": f"at-{component}", "component": component, "main": "", "current": True}
        row |= {"x": near["x"] + 3e-4, "y": near["y"] - 2e-4, **more}
        self.book.addresses[row["fid"]] = row
        self.addresses.add(row["fid"])

    def new_door(self) -> None:
        number = self.draw.randrange(7000, 9999)
        self.at(self.new(self.pick(Element.ROAD, Element.VILLAGE), Element.DOOR, f"{number}号", number))

    def new_estate(self) -> None:
        name = "".join(self.draw.sample("瀚澜翡玺璟珑宸铂", 3)) + "花园"
        estate = self.new(self.pick(Element.TOWN), Element.ESTATE, name)
        self.at(self.new(estate, Element.BUILDING, "8号楼", 8))

    def new_town(self) -> None:
        """A town of its own, with a village that was another's: its parent stands behind it then."""
        town = self.new(self.pick(Element.COUNTY), Element.TOWN, self.draw.choice("崭簇") + "新镇")
        self.put(self.pick(Element.VILLAGE), parent=town)

    def gone(self) -> None:
        key = self.draw.choice(sorted(self.book.addresses))
        self.book.addresses[key] = self.book.addresses[key] | {"current": False}
        self.addresses.add(key)
        self.put(self.book.addresses[key]["component"], current=False)

    def moved_point(self) -> None:
        key = self.draw.choice(sorted(self.book.addresses))
        row = self.book.addresses[key]
        self.book.addresses[key] = row | {"x": row["x"] + 2e-3, "y": row["y"] + 1e-3}
        self.addresses.add(key)

    def renamed(self) -> None:
        key = self.pick(Element.TOWN, Element.VILLAGE, Element.ROAD, Element.ESTATE)
        name = self.book.components[key]["name"]
        self.put(key, name="".join(self.draw.sample("昶煜垚犇淼", 2)) + name[-1:])

    def moved_village(self) -> None:
        self.put(self.pick(Element.VILLAGE), parent=self.pick(Element.TOWN))

    def renumbered(self) -> None:
        number = self.draw.randrange(7000, 9999)
        self.put(self.pick(Element.DOOR), name=f"{number}号", number=number)


KINDS = (
    "new_door", "new_estate", "new_town", "gone", "moved_point", "renamed", "moved_village", "renumbered",
)  # fmt: skip


@pytest.fixture(scope="module")
def base() -> Register:
    return Register.of(Followed.of(generate(1500, 1)), 0)


def path_of(register: Register, row: int) -> tuple[str, str]:
    key = register.places.snapshot.components.key
    if row < 0:
        return "", ""
    return key[row].as_py(), register.places.text(row)


def near(position: tuple[float, float] | None) -> tuple[float, ...]:
    """To a micrometre: the mean of places hangs on their order by a little less."""
    return tuple(round(each, 11) for each in position or ())


def answers(register: Register, texts: list[str], points: list[tuple[float, float]], keys: list[str]) -> Any:
    """All that a register says, by keys; places of equal standing in no order."""
    told: list[Any] = []
    for text in texts:
        found = register.search(text, 40)
        exact = [(*path_of(register, each.component), near(each.position)) for each in found if each.exact]
        # Of what is hardly likely any may come first.
        likely = [
            (path_of(register, each.component), round(each.confidence, 6))
            for each in found[:1]
            if each.confidence > 0.5
        ]
        told.append(sorted(exact) or likely)
        told.append(sorted(path_of(register, each.component) for each in register.suggest(text, 40)))
        told.append([(part.element, part.name) for part in register.parser.parse(text).parts])
    for longitude, latitude in points:
        standing = register.reverse.at(longitude, latitude, 1)
        told.append([(path_of(register, near.component), near.distance_m) for near in standing.doors])
        told.append(path_of(register, standing.region))
    for key in keys:
        row = register.places.find(key)
        told.append((path_of(register, row), near(register.places.position(row))) if row >= 0 else None)
    return told


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**31), st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), max_size=3))
def test_followed_answers_as_built_anew(base: Register, seed: int, rounds: list[list[str]]) -> None:
    book, draw, register = Book(base.places.snapshot), random.Random(seed), base
    asked, points, keys = ["寿光市圣城街道圣城街595号", "文家街道桑家营子村"], [], []
    for position, kinds in enumerate(rounds, 1):
        before = Book(register.places.snapshot)
        edits = Edits(book, draw)
        for kind in kinds:
            getattr(edits, kind)()
        held = register.held.with_components(book.columns(book.components, edits.components, TREE), ())
        held = held.with_addresses(book.columns(book.addresses, edits.addresses, ENDS), ())
        register = register.followed(held, position)
        asked += [text for state in (before, book) for text in written(state, edits)]
        points += [(row["x"] + 1e-5, row["y"]) for key in edits.addresses for row in [book.addresses[key]]]
        keys += [*edits.components, *edits.addresses]
    anew = Register.of(Followed.of(book.snapshot()), 0)
    assert answers(register, asked, points, keys) == answers(anew, asked, points, keys)
    assert register.position == len(rounds)


def written(book: Book, edits: Edits) -> list[str]:
    """Texts of what was changed, and of something that lies below it."""
    below = {row["parent"]: key for key, row in book.components.items()}
    found = []
    for key in sorted(edits.components):
        for each in (key, below.get(key, ""), below.get(below.get(key, ""), "")):
            text = ""
            while each in book.components:
                text, each = book.components[each]["name"] + text, book.components[each]["parent"]
            found.append(text)
    return [text for text in found if text]


def test_what_is_no_longer_there_at_all_is_not_found(base: Register) -> None:
    snapshot = base.places.snapshot
    row = int(np.flatnonzero(snapshot.addresses.current & (base.places.main < 0))[0])
    address = snapshot.addresses.key[row].as_py()
    component = int(snapshot.addresses.component[row])
    key, text = path_of(base, component)
    book = Book(snapshot)
    none: Any = book.columns({}, set(), TREE)
    held = base.held.with_components(none, [key])
    held = held.with_addresses(book.columns({}, set(), ENDS), [address])
    later = base.followed(held, 1)
    assert later.places.find(address) == later.places.find(key) == -1
    assert key not in {path_of(later, each.component)[0] for each in later.search(text, 40)}
    assert base.places.find(key) == component  # the state before goes on answering


def test_a_kept_register_answers_and_follows_as_what_it_was_made_of(base: Register, tmp_path: Path) -> None:
    other = tmp_path / "register-0123456789abcdef.kept"
    other.write_bytes(b"of other sources")
    kept.save(tmp_path, kept.Kept(base, "tip", "day"))
    found = kept.load(tmp_path)
    assert found is not None and (found.tip, found.day, found.register.position) == ("tip", "day", 0)
    assert not other.exists()
    texts = ["寿光市圣城街道圣城街595号", "文家接道桑家营子村", "scj59"]
    assert answers(found.register, texts, [(118.74, 36.86)], []) == answers(
        base, texts, [(118.74, 36.86)], []
    )
    edits = Edits(Book(base.places.snapshot), random.Random(1))
    edits.new_estate()
    held = found.register.held.with_components(
        edits.book.columns(edits.book.components, edits.components, TREE), ()
    )
    held = held.with_addresses(edits.book.columns(edits.book.addresses, edits.addresses, ENDS), ())
    (key,) = (key for key in edits.components if edits.book.components[key]["element"] == Element.ESTATE)
    later = found.register.followed(held, 1)
    assert later.places.find(key) >= 0 > found.register.places.find(key)
    kept.path_in(tmp_path).write_bytes(b"ONEMAPREG0\n" + bytes(64))
    assert kept.load(tmp_path) is None
