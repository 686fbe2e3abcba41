"""Edits applied: one or several features, all or none, as one changeset.

The way into history is that of every delivery (staging, contract checks,
``write.apply``); an edit only finds out first what is believed, under the lock
of the layer, so that what it was based on cannot move before it is written.

An edit says what is true from its instant until the version found there ends;
where none is found, until the next one begins. So a change that somebody has
planned for later is not overwritten unseen. A removal is for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from spatial.catalogue import quality
from spatial.database import Connection
from spatial.editing import shape, store
from spatial.editing.fault import key_reused, missing, rejected, stale, taken
from spatial.editing.model import (
    GEOMETRY,
    Action,
    Edit,
    Edited,
    Held,
    RequestKey,
    Standing,
    Target,
    Values,
    Wish,
)
from spatial.errors import StaleVersion, VersionNotNamed, shorten
from spatial.history import ledger, write
from spatial.history.conflict import merge
from spatial.history.model import Intent

LISTED_FAULTS = 20


@dataclass(frozen=True, slots=True)
class _Decided:
    """One edit after all judgements: the row to stage."""

    standing: Standing
    values: Values | None
    """``None`` for a removal."""
    valid_to: datetime | None
    created: bool = False
    merged: bool = False


def apply(connection: Connection, target: Target, edits: Sequence[Edit], wish: Wish) -> Edited:
    """Write edits inside the caller's transaction, which must be rolled back where this raises.

    Raises NoSuchFeature, FeatureExists, VersionNotNamed, StaleVersion (``details`` hold base, mine,
    theirs and, where they go together, the merged feature), FeatureRejected.
    """
    if any(edit.condition.named for edit in edits):
        _judge(connection, target, edits, wish)  # what is stale need not queue for the lock to learn so
    staging = write.edit_staging(connection, target.table)
    at, decided = _judge(connection, target, edits, wish)
    rows = [_row(target, line, at, each) for line, each in enumerate(decided, 1)]
    write.stage(connection, staging, rows)
    findings = quality.check(
        connection, target.contract, staging, target.city, at, listed_per_rule=LISTED_FAULTS
    )
    if findings.total:
        raise rejected(target, findings)
    intent = Intent(wish.author, wish.department, wish.reason, at)
    try:
        changeset = write.apply(connection, staging, intent)
    except StaleVersion as failure:  # whose details would show fields out of the editor's sight
        raise StaleVersion(failure.zh, failure.en, value=failure.value) from failure
    return Edited(
        changeset,
        at,
        created=frozenset(each.standing.fid for each in decided if each.created),
        merged=frozenset(each.standing.fid for each in decided if each.merged),
    )


def create_once(
    connection: Connection, target: Target, edits: Sequence[Edit], wish: Wish, key: RequestKey
) -> tuple[Edited, tuple[str, ...]]:
    """:func:`apply` for new features under a key of the request; and their identities, in the order sent.

    The same request sent again makes nothing and is told what it made the first
    time, identities that the platform gave included. Raises RequestKeyReused
    where the key came with another request before.
    """
    layer = target.table.layer
    before = store.claim(connection, layer, wish.author, key)
    if before is None:
        edited, fids = apply(connection, target, edits, wish), tuple(edit.fid for edit in edits)
        store.remember(connection, layer, wish.author, key, fids, edited)
        return edited, fids
    if before.digest != key.digest:
        raise key_reused(key, before)
    changeset = ledger.changeset(connection, before.changeset)
    return Edited(changeset, before.valid_from, frozenset(before.fids), frozenset()), before.fids


def _judge(
    connection: Connection, target: Target, edits: Sequence[Edit], wish: Wish
) -> tuple[datetime, list[_Decided]]:
    """The instant of the edits, and what each comes to by what is believed now."""
    at, standings = store.standings(connection, target.table, [edit.fid for edit in edits], wish.valid_from)
    decided = (_decide(connection, target, *pair) for pair in zip(edits, standings, strict=True))
    return at, list(decided)


def _decide(connection: Connection, target: Target, edit: Edit, standing: Standing) -> _Decided:
    held = standing.held
    if held is None:
        return _new(connection, target, edit, standing)
    if edit.action is Action.CREATE:
        raise taken(target, edit.fid)
    if edit.condition.absent:
        raise stale(target, edit, None, held, None)
    if not edit.condition.said:
        shown = shorten(edit.fid)
        raise VersionNotNamed(
            f"修改已有要素须注明所依据的版本(If-Match,取自读取时的 ETag):{shown}",
            "a change of a feature that exists names the version it is based on"
            f" (If-Match, the ETag it was read with): {shown}",
            value=shown,
        )
    if not edit.condition.holds(held.named):
        return _behind(connection, target, edit, standing, held)
    if edit.action is Action.REMOVE:
        return _Decided(standing, None, None)
    return _Decided(standing, {**held.values, **_said(target, edit, held)}, held.valid_to)


def _new(connection: Connection, target: Target, edit: Edit, standing: Standing) -> _Decided:
    """A feature that is not there: created, where it may be."""
    may = edit.action is Action.CREATE or (edit.action is Action.REPLACE and target.contract.key)
    if not may:
        raise missing(target, edit.fid)
    if edit.condition.said:
        raise stale(target, edit, _base(connection, target, edit), None, None)
    ends = [end for end in (edit.valid_to, standing.next_from) if end is not None]
    return _Decided(standing, edit.values, min(ends, default=None), created=True)


def _behind(connection: Connection, target: Target, edit: Edit, standing: Standing, held: Held) -> _Decided:
    """Another edit came first: both stand where that is asked for and they touch different things."""
    base = _base(connection, target, edit)
    merged = None
    if base is not None and edit.action is not Action.REMOVE:
        names = target.names
        merged = merge(_of(base.values, names), _said(target, edit, base), _of(held.values, names))
    if merged is None or not merged.clean or not edit.merge:
        raise stale(target, edit, base, held, merged)
    return _Decided(standing, {**held.values, **merged.values}, held.valid_to, merged=True)


def _base(connection: Connection, target: Target, edit: Edit) -> Held | None:
    for named in edit.condition.named:
        found = store.version(connection, target.table, edit.fid, named)
        if found is not None:
            return found
    return None


def _said(target: Target, edit: Edit, base: Held) -> dict[str, object]:
    """All that the editor can say of the feature, as the edit leaves it."""
    kept: Mapping[str, object] = base.values if edit.action is Action.UPDATE else {}
    said = _of({**kept, **edit.values}, target.names)
    if edit.tolerance_deg and shape.alike(said.get(GEOMETRY), base.values.get(GEOMETRY), edit.tolerance_deg):
        said[GEOMETRY] = base.values[GEOMETRY]
    return said


def _of(values: Values, names: Sequence[str]) -> dict[str, object]:
    return {name: values.get(name) for name in names}


def _row(target: Target, line: int, at: datetime, decided: _Decided) -> tuple[object, ...]:
    held, values = decided.standing.held, decided.values or {}
    names = [*([GEOMETRY] if target.table.geometry else []), *(c.name for c in target.table.columns)]
    return (
        line,
        decided.standing.fid,
        decided.values is None,
        at,
        decided.valid_to,
        *(values.get(name) for name in names),
        None if held is None else held.changeset,
    )
