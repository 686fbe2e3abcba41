"""The yearly maintenance package 年度动态维护: what a layer was (WHQ), what it is (WHH), what changed (WHC).

WHQ and WHH hold the features that differ, in single parts, coded anew, with legal areas rounded half
up; WHC holds the ground that changed, as it was moved in, moved out, or given other attributes.
What the package leaves out (ground narrower than a millimetre) is counted and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shapely

from planning.difference.difference import compare
from planning.difference.ground import Floats, lay_out
from planning.edition import Edition, Ints
from planning.layers import PLATFORM
from planning.maintenance.changes import changes_of
from planning.maintenance.model import (
    AREAS,
    LENGTHS,
    WHOLE_AREA,
    Codes,
    FeatureClass,
    Maintained,
    Place,
    Reason,
    half_up,
)
from planning.maintenance.roles import Change, Role
from spatial.catalogue.contract import Contract, Field
from spatial.datum import Frame, frame, legal_areas_m2


def reckon(
    role: Role, contract: Contract, older: Edition, newer: Edition, reason: Reason, place: Place,
    plane: Frame | None = None,
) -> Maintained:  # fmt: skip
    """The part of one role, from two states of its layer; rows that are the same in both may be missing."""
    into = plane or frame("EPSG:4549")
    before, after = (_of_role(each, role).without(PLATFORM) for each in (older, newer))
    difference = compare(before, after)
    ground = lay_out(difference, into)
    codes = Codes(place.xzqdm, role.ysdm)
    fields = [each for each in contract.fields if each.name in before.attributes]
    made = [
        _figures(f"{role.code}{suffix}", title, side.rows, fields, codes, into)
        for suffix, title, side in (("WHQ", "维护前", ground.older), ("WHH", "维护后", ground.newer))
    ]
    changes, kinds, areas, hairs = changes_of(role, ground, reason, place, codes)
    return Maintained(
        role,
        (made[0][0], made[1][0], changes),
        tuple((each.name, new, old) for each, pairs in made for new, old in pairs),
        {each: int((kinds == each).sum()) for each in Change},
        {each: float(areas[kinds == each].sum()) for each in Change},
        len(hairs),
        float(hairs.sum()),
    )


def _of_role(edition: Edition, role: Role) -> Edition:
    if role.where is None:
        return edition
    import pyarrow.compute as pc

    name, value = role.where
    return Edition(edition.table.filter(pc.equal(edition.column(name), value)))


def _figures(
    name: str, title: str, rows: Edition, fields: Sequence[Field], codes: Codes, plane: Frame
) -> tuple[FeatureClass, list[tuple[str, str]]]:
    """The features of one state, in single parts, with the areas of the parts."""
    import pyarrow as pa

    parts, owner = shapely.get_parts(rows.shapes(), return_index=True)
    areas = legal_areas_m2(parts, plane, given_in=frame("EPSG:4490"))
    own = codes.take(len(parts))
    columns: dict[str, Any] = {"BSM": pa.array(own, pa.string())}
    for field in fields:
        values = rows.column(field.name).take(owner)
        if field.name in AREAS:
            values = pa.array(_area(field.name, areas, rows, owner), pa.float64())
        columns[field.name.upper()] = values
    lengths = {each.name.upper(): _length(each, columns[each.name.upper()]) for each in fields}
    aliases = {"BSM": "标识码"} | {each.name.upper(): each.title.zh for each in fields}
    old = rows.keys.take(owner).to_pylist()
    made = FeatureClass(
        name,
        title,
        pa.table(columns),
        {"BSM": 18} | {key: most for key, most in lengths.items() if most},
        aliases,
        parts,
    )
    return made, list(zip(own, old, strict=True))


def _length(field: Field, values: Any) -> int | None:
    """Of the national field where the values fit it, else of the platform's, which is no shorter."""
    import pyarrow.compute as pc

    national = LENGTHS.get(field.name.upper())
    if field.max_length is None or national is None:
        return field.max_length
    longest = pc.max(pc.utf8_length(values)).as_py() or 0
    return national if longest <= national else field.max_length


def _area(name: str, areas_m2: Floats, rows: Edition, owner: Ints) -> list[float | None]:
    """Area of each part, half up: of the figure, what is deducted of it, or what is left."""
    whole = [half_up(each) for each in areas_m2]
    if name in WHOLE_AREA:
        return list(whole)
    shares = [None] * len(whole)
    if "kcxs" in rows.attributes:
        shares = rows.column("kcxs").take(owner).to_pylist()
    deducted = [half_up(area * (share or 0.0)) for area, share in zip(whole, shares, strict=True)]
    if name == "kcmj":
        return list(deducted)
    return [half_up(area - less) for area, less in zip(whole, deducted, strict=True)]
