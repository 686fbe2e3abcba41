"""Areas by class, before and after 地类面积变化: the transition matrix, what each class gained and lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planning.difference.difference import Difference
from planning.difference.ground import NOWHERE, Ground
from planning.edition import KEY, Edition, Ints, Shapes, together
from spatial.datum import Frame, frame, legal_areas_m2


@dataclass(frozen=True, slots=True)
class Transition:
    """Ground that was of one class and is of another."""

    before: str | None
    """Class it was; None where the layer had nothing there."""
    after: str | None
    """Class it is; None where the layer has nothing there any more."""
    area_m2: float
    """Legal area 椭球面积."""
    pieces: int


@dataclass(frozen=True, slots=True)
class Balance:
    """One class over the change; ``after = before + added + moved_in − removed − moved_out``, in m²."""

    code: str
    before_m2: float
    after_m2: float
    added_m2: float
    """新增: ground that the layer did not have."""
    removed_m2: float
    """减少: ground that the layer has no more."""
    moved_in_m2: float
    """调入: ground that was of another class."""
    moved_out_m2: float
    """调出: ground that is of another class now."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas by class, on the ground that differs, or of the whole layer where the rest is given."""

    by: str | None
    """The field of the classes; None where the layer has none, and all is one class ``""``."""
    transitions: tuple[Transition, ...]
    balances: tuple[Balance, ...]
    whole: bool
    """Whether before and after are of the whole layer, or of the ground that differs alone."""
    doubled_m2: float
    """Ground that counts more than once, because rows of one state overlap; then no balance is exact."""


def reckon(ground: Ground, by: str | None, unchanged_m2: Mapping[str, float] | None = None) -> Areas:
    """The tables of a ground, by the classes of a field.

    ``unchanged_m2``: class → legal area of the rows that are the same in both states. A row without
    a class is of class ``""``.
    """
    codes, old, new = _classes(ground, by)
    count = len(codes)
    # The last row and column stand for outside the layer.
    pair = np.where(ground.old == NOWHERE, count, old[ground.old]) * (count + 1)
    pair += np.where(ground.new == NOWHERE, count, new[ground.new])
    size = (count + 1) ** 2
    matrix = np.bincount(pair, ground.areas_m2, minlength=size).reshape(count + 1, count + 1)
    pieces = np.bincount(pair, minlength=size).reshape(count + 1, count + 1)
    named = [*codes, None]
    transitions = tuple(
        Transition(named[i], named[j], float(matrix[i, j]), int(pieces[i, j])) for i, j in np.argwhere(pieces)
    )
    rest = dict(unchanged_m2 or {})
    before = np.bincount(old[:-1], ground.older.areas_m2, minlength=count)
    after = np.bincount(new[:-1], ground.newer.areas_m2, minlength=count)
    inner, kept = matrix[:-1, :-1], np.diag(matrix)[:-1]
    balances = [
        Balance(
            code,
            float(before[k]) + rest.pop(code, 0.0),
            0.0,
            float(matrix[-1, k]),
            float(matrix[k, -1]),
            float(inner[:, k].sum() - kept[k]),
            float(inner[k].sum() - kept[k]),
        )
        for k, code in enumerate(codes)
    ]
    balances = [
        replace(each, after_m2=each.before_m2 - float(before[k]) + float(after[k]))
        for k, each in enumerate(balances)
    ]
    balances += [Balance(code, area, area, 0.0, 0.0, 0.0, 0.0) for code, area in rest.items()]
    return Areas(
        by,
        transitions,
        tuple(sorted(balances, key=lambda each: each.code)),
        unchanged_m2 is not None,
        ground.doubled_m2,
    )


def unchanged_m2(older: Edition, difference: Difference, by: str | None, plane: Frame) -> dict[str, float]:
    """Class → legal area of the rows that are the same in both states."""
    import pyarrow.compute as pc

    changed = together(difference.removed, difference.before).column(KEY).combine_chunks()
    rows = older.take(np.flatnonzero(~pc.is_in(older.keys, value_set=changed).to_numpy(zero_copy_only=False)))
    return by_class(rows, by, plane)


def by_class(rows: Edition, by: str | None, plane: Frame) -> dict[str, float]:
    """Class → legal area of rows."""
    texts = np.full(len(rows), "") if by is None else _texts(rows, by)
    return class_areas_m2(texts.tolist(), rows.shapes(), plane)


def class_areas_m2(classes: Sequence[str | None], shapes_4490: Shapes, plane: Frame) -> dict[str, float]:
    """Class → legal area of shapes in degrees; what has no class is of class ``""``."""
    areas = np.nan_to_num(legal_areas_m2(shapes_4490, plane, given_in=frame("EPSG:4490")))
    codes, number = np.unique(np.array([each or "" for each in classes], np.str_), return_inverse=True)
    return dict(zip(codes.tolist(), np.bincount(number, areas).tolist(), strict=True))


def _classes(ground: Ground, by: str | None) -> tuple[list[str], Ints, Ints]:
    """The codes, and the number of each row's class; one more number at the end, for NOWHERE."""
    if by is None:
        old, new = np.zeros(len(ground.older.rows), np.int64), np.zeros(len(ground.newer.rows), np.int64)
        return [""], np.append(old, 0), np.append(new, 0)
    texts = [_texts(ground.older.rows, by), _texts(ground.newer.rows, by)]
    codes, number = np.unique(np.concatenate(texts), return_inverse=True)
    first = len(texts[0])
    return codes.tolist(), np.append(number[:first], 0), np.append(number[first:], 0)


def _texts(rows: Edition, by: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.fill_null(rows.column(by).cast(pa.string()), "").to_numpy(zero_copy_only=False)
    return np.asarray(found, dtype=np.str_)
