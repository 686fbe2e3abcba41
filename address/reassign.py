"""Region reorganisation 区划调整: villages moved, units renamed, merged, split; in one transaction.

Every layer it touches gets one changeset. A preview does it all and takes it back; an undo
states again what held before, unless something was changed since. Nothing is removed that
a link, a code or a name leads to: a merged unit stays as what it was, with its successor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from address import identity, reassign_store, tree_store, wording
from address.model import STATES, AliasKind, Element, State
from spatial.database import Connection
from spatial.editing import restate_store
from spatial.errors import Conflict, InvalidInput, NotFound, shorten
from spatial.history.model import Changeset, Intent

LAYERS: Final = (
    "components", "regions", "addresses", "place-names", "address-aliases", "address-codes",
    "address-lineage",
)  # fmt: skip
"""Layers in the order in which they are written."""


GONE: Final = (State.MERGED, State.SPLIT, State.CANCELLED, State.REJECTED)
"""States in which a unit takes part in no reorganisation any more."""


class UnknownUnit(NotFound):
    """No such component on that day 没有这个构件."""

    code = "unknown-address-unit"


class UnusableStep(InvalidInput):
    """A step that makes no sense 调整步骤无效."""

    code = "unusable-reorganisation-step"


class ChangedSince(Conflict):
    """What would be touched was changed meanwhile, or is laid down for later 已有后续变更."""

    code = "reorganisation-overtaken"


@dataclass(frozen=True, slots=True)
class Move:
    """Villages, or whatever lies in a town, into another 划转; keys or division codes."""

    units: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Another name 更名; the old one becomes an alias."""

    unit: str
    name: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Units dissolved into another of their kind 合并, with all that lies in them."""

    units: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Split:
    """A new unit beside one, out of what lies in it 拆分."""

    unit: str
    name: str
    units: tuple[str, ...]
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Recode:
    """Another division code 改码; the old one resolves for ever."""

    unit: str
    code: str


Step = Move | Rename | Merge | Split | Recode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reorganisation changes, or would."""

    day: datetime
    components: int
    codes: int
    addresses: int
    links: int
    """Objects that meet at addresses whose text changes; they stay linked."""
    unmoved: int
    """Addresses in moved villages along streets that stay where they are; their text stays."""
    changesets: Mapping[str, int]
    """Layer → changeset."""


@dataclass(slots=True)
class _Draft:
    """The tree as it will be, as far as it is touched."""

    connection: Connection
    day: datetime
    source: str
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    lineage: list[tuple[str, str, str, str]] = field(default_factory=list)
    former: list[tuple[str, str]] = field(default_factory=list)
    codes: list[tuple[str, str | None, str]] = field(default_factory=list)
    transfers: list[dict[str, str | None]] = field(default_factory=list)
    regions: dict[str, str] = field(default_factory=dict)

    def look_up(self, steps: Sequence[Step]) -> None:
        """The components that the steps name, all at once."""
        keys = {key for step in steps for key in _named(step)}
        for row in tree_store.held(self.connection, self.day, sorted(keys)):
            found = self.units.setdefault(row["fid"], row)
            if row["code"] in keys:
                self.units.setdefault(row["code"], found)

    def unit(self, key: str) -> dict[str, Any]:
        """A component by key or code."""
        found = self.units.get(key)
        if found is None:
            rows = tree_store.held(self.connection, self.day, [key])
            if not rows:
                shown = shorten(key, 60)
                raise UnknownUnit(
                    f"该日没有这个构件,请核对标识或区划代码:{shown}",
                    f"no such component on that day; check its key or code: {shown}",
                    value=shown,
                )
            found = self.units.setdefault(rows[0]["fid"], rows[0])
            self.units[key] = found
        if found["status"] in GONE:
            raise UnusableStep(
                f"该构件已{STATES[State(found['status'])]},不能再调整:{found['name']}",
                f"it is {found['status']} and takes part in nothing any more: {found['name']}",
                value=found["name"],
            )
        return found

    def free(self, code: str, own: str | None = None) -> None:
        """UnusableStep where another component has that code on the day, or gets it in this call."""
        rows = tree_store.held(self.connection, self.day, [code]) + self.created
        for row in rows + [self.units[fid] for fid in self.changed]:
            now = self.units.get(row["fid"], row)
            if now["code"] == code and now["fid"] != own and now["status"] not in GONE:
                raise UnusableStep(
                    f"该代码已有单位在用,请另给一个:{now['name']} {code}",
                    f"another unit has that code; give another: {now['name']} {code}",
                    value=code,
                )

    def set(self, unit: dict[str, Any], **values: Any) -> None:
        unit.update(values)
        if not any(unit["fid"] == each["fid"] for each in self.created):
            self.changed.setdefault(unit["fid"], {"fid": unit["fid"]}).update(values)


def reassign(
    connection: Connection, steps: Sequence[Step], intent: Intent, document: str, remark: str = ""
) -> Outcome:
    """Do it, inside the caller's transaction; valid from the intent's day on.

    Raises UnknownUnit, UnusableStep, ChangedSince; RowsRejected where names would collide.
    """
    draft = _Draft(connection, intent.valid_from, f"{document} {intent.valid_from.isoformat()}")
    draft.look_up(steps)
    for step in steps:
        _TAKE[type(step)](draft, step)
    if not draft.changed and not draft.created:
        raise UnusableStep(
            "调整没有任何内容,请给出步骤", "nothing to reorganise; give steps", value=len(steps)
        )
    refuse_overtaken(connection, draft.day, list(draft.changed))
    refuse_later_texts(connection, draft.day, _rooted(draft))
    return _write(draft, intent, document, remark)


def preview(connection: Connection, steps: Sequence[Step], intent: Intent, document: str) -> Outcome:
    """What it would change; everything is done and taken back."""
    with connection.transaction(force_rollback=True):
        return reassign(connection, steps, intent, document)


def refuse_overtaken(connection: Connection, day: datetime, keys: Sequence[str]) -> None:
    """ChangedSince where something is laid down after the day for a component of those."""
    overtaken = tree_store.later(connection, day, keys)
    if overtaken is not None:
        raise ChangedSince(
            f"该构件已有生效日之后的变更,请先处理:{overtaken}",
            f"something is laid down after that day already; settle that first: {overtaken}",
            value=overtaken,
        )


def refuse_later_texts(connection: Connection, day: datetime, roots: Sequence[str]) -> None:
    """ChangedSince where an address below them is laid down for later, with a text that would not follow."""
    overtaken = tree_store.later_below(connection, day, roots)
    if overtaken is not None:
        raise ChangedSince(
            f"其下的地址已有生效日之后的变更,请先处理或改用更晚的生效日:{overtaken}",
            "something is laid down after that day for an address below; settle that first, or take a later"
            f" day: {overtaken}",
            value=overtaken,
        )


def undo(
    connection: Connection, day: datetime, changesets: Mapping[str, int], intent: Intent
) -> dict[str, int]:
    """Take the changesets back from the day on, inside the caller's transaction; layer → changeset.

    Raises ChangedSince where something they touched was changed since, or addresses have come below it;
    UnusableStep where they touched nothing.
    """
    back = Intent(intent.author, intent.department, intent.reason, day)
    done: dict[str, int] = {}
    for layer in LAYERS:
        if layer in changesets:
            changeset, since = restate_store.undo(connection, layer, changesets[layer], back)
            if since is not None:
                raise ChangedSince(
                    f"调整之后又有变更,不能整体撤销:{since}",
                    f"changed since; cannot be undone as a whole: {since}",
                    value=since,
                )
            if changeset is not None:
                done[layer] = changeset.id
    if not done:
        raise UnusableStep(
            "没有可撤销的变更,请核对 changesets",
            "nothing to take back; check the changesets",
            value=shorten(dict(changesets), 60),
        )
    came = tree_store.stale(connection, day, done["components"]) if "components" in done else None
    if came is not None:
        raise ChangedSince(
            f"调整之后其下又有新登记的地址,不能整体撤销,请改用划转、更名等步骤:{came}",
            "addresses have come below since; it cannot be undone as a whole, use steps such as move or"
            f" rename: {came}",
            value=came,
        )
    return done


def _named(step: Step) -> tuple[str, ...]:
    """Keys and codes of what is there already."""
    match step:
        case Move() | Merge():
            return (*step.units, step.into)
        case Split():
            return (step.unit, *step.units)
        case _:
            return (step.unit,)


def _move(draft: _Draft, step: Move) -> None:
    into = draft.unit(step.into)
    for key in step.units:
        unit = draft.unit(key)
        if unit["element"] <= into["element"] or into["element"] >= Element.ROAD:
            raise _useless(
                "只能划入上级单位", "goes into a unit above it only", f"{unit['name']} → {into['name']}"
            )
        if unit["parent_id"] == into["fid"]:
            raise _useless("已在该单位内", "lies in it already", f"{unit['name']} → {into['name']}")
        draft.transfers.append({"area": unit["fid"], "origin": unit["parent_id"], "target": into["fid"]})
        draft.lineage.append((unit["fid"], unit["fid"], "reassigned", f"{unit['parent_id']} → {into['fid']}"))
        draft.set(unit, parent_id=into["fid"])


def _rename(draft: _Draft, step: Rename) -> None:
    unit, name = draft.unit(step.unit), step.name.strip()
    if not 0 < len(name) <= 60 or name == unit["name"]:
        raise _useless("新名称无效", "is no other name", shorten(step.name, 60))
    draft.former.append((unit["fid"], unit["name"]))
    draft.lineage.append((unit["fid"], unit["fid"], "renamed", f"{unit['name']} → {name}"))
    draft.set(unit, name=name, norm_key=wording.normal_key(name))


def _merge(draft: _Draft, step: Merge) -> None:
    into = draft.unit(step.into)
    merged = [draft.unit(key) for key in dict.fromkeys(step.units)]
    for unit in merged:
        if (
            unit["element"] != into["element"]
            or unit["fid"] == into["fid"]
            or unit["element"] > Element.GROUP
        ):
            raise _useless(
                "只能并入同类单位", "merges with its kind only", f"{unit['name']} → {into['name']}"
            )
    own = {unit["fid"] for unit in merged}
    for child in tree_store.held(draft.connection, draft.day, [], list(own)):
        unit = draft.units.setdefault(child["fid"], child)
        if unit["parent_id"] in own:
            draft.set(unit, parent_id=into["fid"])
    for unit in merged:
        draft.transfers.append({"area": unit["fid"], "origin": None, "target": into["fid"]})
        draft.former.append((into["fid"], unit["name"]))
        draft.lineage.append((unit["fid"], into["fid"], "merged", ""))
        draft.regions[unit["fid"]] = into["fid"]
        draft.set(unit, status=State.MERGED.value, successor_id=into["fid"])


def _split(draft: _Draft, step: Split) -> None:
    old = draft.unit(step.unit)
    name = step.name.strip()
    if not 0 < len(name) <= 60 or not step.units:
        raise _useless("须有名称和划出的单位", "needs a name and units", shorten(step.name, 60))
    if step.code:
        draft.free(step.code)
    key = identity.keys(f"{draft.source} {name}", "component", 1)[0].as_py()
    new = {
        "fid": key, "component_id": key, "element": old["element"], "parent_id": old["parent_id"],
        "gat_code": wording.gat_code(old["element"], name), "name": name,
        "norm_key": wording.normal_key(name), "code": step.code, "status": State.ACTIVE.value,
    }  # fmt: skip
    draft.created.append(new)
    draft.units[key] = new
    if step.code:
        draft.codes.append((key, None, step.code))
        draft.units[step.code] = new
    draft.lineage.append((old["fid"], key, "split", ""))
    _move(draft, Move(step.units, key))


def _recode(draft: _Draft, step: Recode) -> None:
    unit = draft.unit(step.unit)
    if not (step.code.isascii() and step.code.isdigit() and len(step.code) in (6, 9, 12)):
        raise _useless(
            "区划代码应为 6、9 或 12 位数字", "a division code has 6, 9 or 12 digits", shorten(step.code, 60)
        )
    if step.code == unit["code"]:
        raise _useless("已是这个代码", "has that code already", step.code)
    draft.free(step.code, unit["fid"])
    draft.codes.append((unit["fid"], unit["code"], step.code))
    draft.lineage.append((unit["fid"], unit["fid"], "renumbered", f"{unit['code']} → {step.code}"))
    draft.set(unit, code=step.code)


_TAKE: Final[dict[type[Any], Callable[[_Draft, Any], None]]] = {
    Move: _move, Rename: _rename, Merge: _merge, Split: _split, Recode: _recode,
}  # fmt: skip


def _write(draft: _Draft, intent: Intent, document: str, remark: str) -> Outcome:
    connection, day = draft.connection, draft.day
    changed = list(draft.changed.values())
    done: dict[str, Changeset | None] = {}
    done["components"] = restate_store.restate(connection, "components", intent, changed, draft.created)
    gone = {"fid": "", "remove": True}
    rest = [
        {**gone, "fid": row["fid"]} if row.get("status") == State.MERGED.value else _some(row)
        for row in changed
    ]
    created = [
        {name: new[name] for name in ("fid", "component_id", "code", "name", "element", "parent_id")}
        for new in draft.created
    ]
    done["regions"] = reassign_store.restate_areas(connection, intent, draft.transfers, rest, created)
    reckoned = tree_store.reckon(connection, day, _rooted(draft), draft.regions)
    done["addresses"] = tree_store.restate_addresses(connection, intent, reckoned)
    own = iter(
        identity.keys(
            draft.source, "reassigned", 4 * len(draft.changed) + 4 * len(draft.lineage) + 8
        ).to_pylist()
    )
    done["place-names"] = _names(draft, intent, own)
    done["address-aliases"] = restate_store.restate(
        connection, "address-aliases", intent, created=[
            {"fid": key, "alias_id": key, "text": name, "component_id": fid, "kind": AliasKind.FORMER.value,
             "source": document}
            for (fid, name), key in zip(draft.former, own, strict=False)
        ],
    )  # fmt: skip
    done["address-codes"] = restate_store.restate(
        connection, "address-codes", intent, created=[
            {"fid": key, "code_id": key, "scheme": "division", "code": code, "component_id": fid}
            for (fid, _, code), key in zip(draft.codes, own, strict=False)
        ],
    )  # fmt: skip
    done["address-lineage"] = restate_store.restate(
        connection, "address-lineage", intent, created=[
            {"fid": key, "lineage_id": key, "from_id": first, "to_id": to, "kind": kind,
             "document_number": document, "remark": (remark or said)[:200]}
            for (first, to, kind, said), key in zip(draft.lineage, own, strict=False)
        ],
    )  # fmt: skip
    return Outcome(
        day, len(changed) + len(draft.created), len(draft.codes),
        reckoned.addresses, reckoned.links, reckoned.unmoved,
        {layer: each.id for layer, each in done.items() if each is not None},
    )  # fmt: skip


def _names(draft: _Draft, intent: Intent, own: Any) -> Changeset | None:
    """The standard name is the new one; the old one stays as a former name."""
    renamed = {fid: row["name"] for fid, row in draft.changed.items() if "name" in row}
    changed, created = [], []
    for fid, name in renamed.items():
        pinyin, initials = wording.romanised(name)
        changed.append({"component_id": fid, "han": name, "pinyin": pinyin, "initials": initials})
    for fid, row in draft.changed.items():
        if row.get("status") == State.MERGED.value:
            changed.append({"component_id": fid, "status": "historic"})
    for new in draft.created:
        key, (pinyin, initials) = next(own), wording.romanised(new["name"])
        created.append(
            {"fid": key, "name_id": key, "component_id": new["fid"], "han": new["name"], "form": "standard",
             "status": "current", "element": new["element"], "pinyin": pinyin, "initials": initials}
        )  # fmt: skip
    return restate_store.restate(
        draft.connection, "place-names", intent, changed, created, key="component_id"
    )


def _rooted(draft: _Draft) -> list[str]:
    """Components from which down texts change."""
    return [fid for fid, row in draft.changed.items() if "parent_id" in row or "name" in row]


def _some(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("fid", "parent_id", "name", "code") if name in row}


def _useless(zh: str, en: str, value: str) -> UnusableStep:
    return UnusableStep(f"{zh}:{value}", f"{en}: {value}", value=value)
