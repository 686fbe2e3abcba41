"""Group 12: every difference of two states has its record, and every record its difference 变更."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import shapely

from planning.review.model import Delivery, Finding, LayerState, Outcome, outcome, skipped
from planning.review.parcels import to_plane
from planning.review.subject import ChangeRecord, Said, Subject

_ADDED, _CHANGED, _REMOVED = "1", "2", "3"
"""WHLX 维护类型: 调入, 属性变更, 调出."""
_KINDS: Final = {
    _ADDED: ("调入", "moved in"),
    _CHANGED: ("属性变更", "changed"),
    _REMOVED: ("调出", "moved out"),
}
_UNSEEN: Final = frozenset({"plan_version", "data_nature", "bz"})
"""Fields whose change needs no record."""
CHECKS: Final = ("change-unexplained", "record-without-change", "change-of-other-kind")


def changes(subject: Subject) -> Iterator[Outcome]:
    """Layer by layer: keys that came, went, or stand for something else, against the WHC table."""
    before, records = subject.against.before, subject.against.records
    if before is None or records is None:
        for check in CHECKS:
            yield skipped(
                check, "", "未提供维护前成果与维护记录", "the state before and its records were not given"
            )
        return
    shared = before.layers.keys() & subject.delivery.layers.keys()
    for layer in sorted(shared):
        own = {each.key: each for each in records if each.layer == layer}
        yield from _layer(subject, before, layer, own)
    astray = [each for each in records if each.layer not in shared]
    yield outcome("record-without-change", "", len(records), map(_nowhere, astray))


def differences(old: LayerState, new: LayerState, epsg: int, tolerance_m: float) -> Mapping[str, str]:
    """BSM → kind of change, by key; shapes are the same where no point is further off than the tolerance.

    A feature of the same key counts as moved in or out as a whole only when its
    key comes or goes; whatever else becomes of it is a change.
    """
    before = {key: row for row, key in enumerate(old.keys.tolist())}
    after = {key: row for row, key in enumerate(new.keys.tolist())}
    found = {key: _ADDED for key in after if key not in before}
    found |= {key: _REMOVED for key in before if key not in after}
    both = [key for key in after if key in before]
    one = np.array([before[key] for key in both], np.int64)
    other = np.array([after[key] for key in both], np.int64)
    changed = np.zeros(len(both), np.bool_)
    for name in (old.columns.keys() & new.columns.keys()) - _UNSEEN:
        a, b = old.columns[name][one], new.columns[name][other]
        changed |= np.asarray((a != b) & ~((a != a) & (b != b)), np.bool_)
    if old.shapes_4490 is not None and new.shapes_4490 is not None:
        changed |= _moved(old.shapes_4490[one], new.shapes_4490[other], epsg, tolerance_m)
    return found | {both[place]: _CHANGED for place in np.flatnonzero(changed).tolist()}


def _moved(
    old: object, new: object, epsg: int, tolerance_m: float
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which shapes differ: those unequal to the last digit are measured on the plane."""
    unequal = np.asarray(~shapely.equals_exact(shapely.normalize(old), shapely.normalize(new), 0.0))
    places = np.flatnonzero(unequal)
    if len(places):
        one, other = to_plane(np.asarray(old)[places], epsg), to_plane(np.asarray(new)[places], epsg)
        unequal[places] = ~(shapely.hausdorff_distance(one, other) < tolerance_m)
    return unequal


def _layer(
    subject: Subject, before: Delivery, layer: str, records: Mapping[str, ChangeRecord]
) -> Iterator[Outcome]:
    old, new = before.layers[layer], subject.delivery.layers[layer]
    found = differences(old, new, subject.epsg, subject.tolerance("change-unexplained"))
    rows = {key: (new, row) for row, key in enumerate(new.keys.tolist())}
    for row, key in enumerate(old.keys.tolist()):
        rows.setdefault(key, (old, row))

    def told(check: str, key: str, zh: str, en: str) -> Finding:
        state, row = rows[key]
        return subject.finding(check, state, (row,), Said(zh, en))

    yield outcome(
        "change-unexplained",
        layer,
        len(rows),
        (
            told(
                "change-unexplained",
                key,
                f"{_KINDS[kind][0]}没有维护记录:{key}",
                f"{_KINDS[kind][1]} without a record: {key}",
            )
            for key, kind in found.items()
            if key not in records
        ),
    )
    yield outcome(
        "change-of-other-kind",
        layer,
        len(records),
        (
            told(
                "change-of-other-kind",
                key,
                f"记录为 {_kind(records[key].kind)[0]},实为{_KINDS[kind][0]}:{key}",
                f"recorded as {_kind(records[key].kind)[1]}, in fact {_KINDS[kind][1]}: {key}",
            )
            for key, kind in found.items()
            if key in records and records[key].kind != kind
        ),
    )
    idle = [each for key, each in records.items() if key not in found]
    yield outcome("record-without-change", layer, len(records), map(_nowhere, idle))


def _kind(kind: str) -> tuple[str, str]:
    return _KINDS.get(kind, (kind, kind))


def _nowhere(record: ChangeRecord) -> Finding:
    return Finding(
        "record-without-change",
        record.layer,
        (record.key,),
        f"维护记录没有对应变化(维护编号 {record.number or '—'}):{record.key}",
        f"the record {record.number or '—'} has no difference: {record.key}",
    )
