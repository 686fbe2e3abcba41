"""A register as the rows of its layers 入库行, in the columns of their contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely

from address import wording
from address.bundle import Bundle
from address.identity import keys
from address.model import NAMED, AliasKind, Element, Form, PositionMethod, State
from address.snapshot import Components, Snapshot
from spatial.catalogue.contract import STAMP
from spatial.datum.clock import BEIJING

FORMER_FROM: Final = datetime(2000, 1, 1, tzinfo=BEIJING)
"""From when a unit that is no longer is held to have been, where nothing is known of it."""
_FORMS: Final = tuple(Form)
_ALIASES: Final = tuple(AliasKind)
_BLOCK: Final = 50_000
_EWKB: Final = [("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")]

Row = tuple[object, ...]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def layers(bundle: Bundle, day: datetime) -> Iterator[tuple[str, Sequence[str], Iterator[Row]]]:
    """Each layer with its columns, the key first, and its rows; what ended does so on ``day``."""
    stamp = STAMP if bundle.synthetic else None
    yield "components", _COMPONENT, _components(bundle.snapshot, stamp, day)
    yield "regions", _REGION, _regions(bundle, stamp)
    yield "named-roads", _ROAD, _roads(bundle, stamp)
    yield "addresses", _ADDRESS, _addresses(bundle.snapshot, stamp, day)
    yield "place-names", _NAME, _names(bundle, stamp)
    yield "address-aliases", _ALIAS, _aliases(bundle.snapshot, stamp)
    yield "address-codes", _CODE, _codes(bundle.snapshot, stamp)
    yield "doorplates", _PLATE, _plates(bundle.snapshot, stamp)
    yield "address-lineage", _LINEAGE, _lineage(bundle.snapshot, stamp)
    yield "object-links", _LINK, _links(bundle, stamp)


_COMPONENT: Final = (
    "component_id", "element", "gat_code", "parent_id", "name", "number", "sub_number", "norm_key", "code",
    "status", "successor_id", "data_nature", "valid_from", "valid_to",
)  # fmt: skip
_REGION: Final = ("component_id", "code", "name", "element", "parent_id", "data_nature", "geom")
_ROAD: Final = ("component_id", "name", "map_road", "width_m", "numbering", "data_nature", "geom")
_ADDRESS: Final = (
    "address_id", "component_id", "region_id", "form", "role", "main_id", "full_text", "short_text",
    "position_method", "accuracy_m", "status", "data_nature", "geom", "valid_from", "valid_to",
)  # fmt: skip
_NAME: Final = (
    "name_id", "component_id", "han", "form", "status", "element", "pinyin", "initials",
    "data_nature", "geom",
)  # fmt: skip
_ALIAS: Final = ("alias_id", "text", "component_id", "kind", "source", "hits", "data_nature")
_CODE: Final = ("code_id", "scheme", "code", "component_id", "data_nature")
_PLATE: Final = (
    "plate_id",
    "plate_number",
    "component_id",
    "kind",
    "text",
    "condition",
    "data_nature",
    "geom",
)  # fmt: skip
_LINK: Final = (
    "link_id", "address_id", "kind", "role", "object_id", "object_name", "confidence", "data_nature",
)  # fmt: skip
_LINEAGE: Final = ("lineage_id", "from_id", "to_id", "kind", "remark", "data_nature")


def _components(snapshot: Snapshot, stamp: str | None, day: datetime) -> Iterator[Row]:
    """The tree; what is no longer ends on the day of the register, its ancestors begin before it."""
    tree = snapshot.components
    early = ~tree.current
    for row in np.flatnonzero(~tree.current).tolist():
        above = int(tree.parent[row])
        while above >= 0 and not early[above]:
            early[above] = True
            above = int(tree.parent[above])
    key = tree.key.to_pylist()
    columns = zip(
        tree.element.tolist(),
        tree.parent.tolist(),
        tree.name.to_pylist(),
        tree.number.tolist(),
        tree.sub_number.tolist(),
        tree.code.to_pylist(),
        tree.current.tolist(),
        tree.successor.tolist(),
        early.tolist(),
        strict=True,
    )
    for row, (element, parent, name, number, sub, code, current, successor, begun) in enumerate(columns):
        yield (
            key[row],
            element,
            wording.gat_code(element, name),
            key[parent] if parent >= 0 else None,
            name,
            number if number >= 0 else None,
            sub if sub >= 0 else None,
            wording.normal_key(name),
            code or None,
            str(State.ACTIVE),
            key[successor] if successor >= 0 else None,
            stamp,
            FORMER_FROM if begun else None,
            None if current else day,
        )


def _regions(bundle: Bundle, stamp: str | None) -> Iterator[Row]:
    tree = bundle.snapshot.components
    for row, wkb in zip(bundle.areas.component.tolist(), bundle.areas.wkb.to_pylist(), strict=True):
        parent = int(tree.parent[row])
        yield (
            tree.key[row].as_py(),
            tree.code[row].as_py() or None,
            tree.name[row].as_py(),
            int(tree.element[row]),
            tree.key[parent].as_py() if parent >= 0 else None,
            stamp,
            wkb,
        )


def _roads(bundle: Bundle, stamp: str | None) -> Iterator[Row]:
    tree, roads = bundle.snapshot.components, bundle.roads
    for place, row in enumerate(roads.component.tolist()):
        yield (
            tree.key[row].as_py(),
            tree.name[row].as_py(),
            roads.map_road[place].as_py(),
            float(roads.width_m[place]),
            "east-west" if roads.east_west[place] else "south-north",
            stamp,
            roads.wkb[place].as_py(),
        )


def _addresses(snapshot: Snapshot, stamp: str | None, day: datetime) -> Iterator[Row]:
    tree, addresses = snapshot.components, snapshot.addresses
    key, own = tree.key.to_pylist(), addresses.key.to_pylist()
    full, short = wording.full_texts(tree), wording.full_texts(tree, int(Element.TOWN))
    main = np.full(len(own), -1, np.int32) if addresses.main is None else addresses.main
    inherited = tree.element[addresses.component] >= Element.UNIT
    method = np.where(inherited, str(PositionMethod.INHERITED), str(PositionMethod.SURVEYED))
    columns = zip(
        own,
        addresses.component.tolist(),
        addresses.region.tolist(),
        addresses.form.tolist(),
        main.tolist(),
        method.tolist(),
        addresses.accuracy_m.tolist(),
        addresses.current.tolist(),
        _points(snapshot),
        strict=True,
    )
    texts = _taken(full, short, addresses.component)
    for (fid, component, region, form, chief, placed, accuracy, current, point), (long, brief) in zip(
        columns, texts, strict=True
    ):
        yield (
            fid,
            key[component],
            key[region],
            str(_FORMS[form]),
            "auxiliary" if chief >= 0 else "main",
            own[chief] if chief >= 0 else None,
            long,
            brief,
            placed,
            round(accuracy, 2),
            str(State.ACTIVE),
            stamp,
            point,
            None if current else FORMER_FROM,
            None if current else day,
        )


def _taken(full: pa.Array, short: pa.Array, rows: np.ndarray[Any, Any]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(rows), _BLOCK):
        some = pa.array(rows[start : start + _BLOCK])
        yield from zip(full.take(some).to_pylist(), short.take(some).to_pylist(), strict=True)


def _points(snapshot: Snapshot) -> Iterator[bytes | None]:
    """EWKB of the positions in CGCS2000; None where none is known."""
    addresses = snapshot.addresses
    known = np.isfinite(addresses.longitude_deg).tolist()
    written = _ewkb(addresses.longitude_deg, addresses.latitude_deg)
    return (point if here else None for point, here in zip(written, known, strict=True))


def _ewkb(longitude_deg: Floats, latitude_deg: Floats) -> Iterator[bytes]:
    record = np.zeros(len(longitude_deg), dtype=_EWKB)
    record["order"], record["type"], record["srid"] = 1, 0x20000001, 4490
    record["x"], record["y"] = longitude_deg, latitude_deg
    raw, size = record.tobytes(), record.dtype.itemsize
    return (raw[start : start + size] for start in range(0, len(raw), size))


def _names(bundle: Bundle, stamp: str | None) -> Iterator[Row]:
    """The standard name of whatever has a name and not only a number, placed where it lies.

    Names of the units above are not the city's to keep.
    """
    snapshot, tree = bundle.snapshot, bundle.snapshot.components
    own_named = [int(each) for each in NAMED if each >= Element.COUNTY]
    rows = np.flatnonzero(np.isin(tree.element, own_named) & (tree.number < 0))
    own = keys(snapshot.version, "name", len(rows)).to_pylist()
    shapes = {
        **dict(zip(bundle.roads.component.tolist(), _within(bundle.roads.wkb), strict=True)),
        **dict(zip(bundle.areas.component.tolist(), _within(bundle.areas.wkb), strict=True)),
    }
    points = _middles(snapshot) | shapes
    for place, row in enumerate(rows.tolist()):
        name = tree.name[row].as_py()
        pinyin, initials = wording.romanised(name)
        status = "current" if tree.current[row] else "historic"
        yield (
            own[place],
            tree.key[row].as_py(),
            name,
            "standard",
            status,
            int(tree.element[row]),
            pinyin,
            initials,
            stamp,
            _lying(points, tree, row),
        )


def _lying(points: Mapping[int, bytes | None], tree: Components, row: int) -> bytes | None:
    """Where a named place lies; of a former unit its successor, of what has no address the unit around it."""
    seen: set[int] = set()
    while row not in points:
        seen.add(row)
        row = int(tree.successor[row] if tree.successor[row] >= 0 else tree.parent[row])
        if row < 0 or row in seen or tree.element[row] < Element.COUNTY:
            return None
    return points[row]


def _within(wkb: pa.Array) -> Iterator[bytes]:
    """A point on each shape, as EWKB."""
    points = shapely.get_coordinates(shapely.point_on_surface(shapely.from_wkb(wkb.to_pylist())))
    return _ewkb(points[:, 0], points[:, 1])


def _middles(snapshot: Snapshot) -> dict[int, bytes | None]:
    """The middle of the addresses at or right below a component, as EWKB."""
    addresses, tree = snapshot.addresses, snapshot.components
    count = len(tree.key)
    at = np.concatenate([addresses.component, tree.parent[addresses.component], addresses.region])
    x, y = np.tile(addresses.longitude_deg, 3), np.tile(addresses.latitude_deg, 3)
    kept = (at >= 0) & np.isfinite(x)
    at, x, y = at[kept], x[kept], y[kept]
    number = np.bincount(at, minlength=count)
    held = np.flatnonzero(number)
    middles = (np.bincount(at, values, count)[held] / number[held] for values in (x, y))
    return dict(zip(held.tolist(), _ewkb(*middles), strict=True))


def _aliases(snapshot: Snapshot, stamp: str | None) -> Iterator[Row]:
    tree, aliases = snapshot.components, snapshot.aliases
    own = keys(snapshot.version, "alias", len(aliases.text)).to_pylist()
    for place, (text, row, kind) in enumerate(
        zip(aliases.text.to_pylist(), aliases.component.tolist(), aliases.kind.tolist(), strict=True)
    ):
        yield own[place], text, tree.key[row].as_py(), str(_ALIASES[kind]), "register", 0, stamp


def _codes(snapshot: Snapshot, stamp: str | None) -> Iterator[Row]:
    """The statistical codes of divisions; codes of addresses are allotted by the register's own rules."""
    tree = snapshot.components
    for row, code in enumerate(tree.code.to_pylist()):
        if code:
            yield f"division-{code}", "division", code, tree.key[row].as_py(), stamp


def _plates(snapshot: Snapshot, stamp: str | None) -> Iterator[Row]:
    """A plate at every door of a street: large at main numbers, small at what was inserted."""
    tree, addresses = snapshot.components, snapshot.addresses
    street = addresses.form == _FORMS.index(Form.STREET)
    rows = np.flatnonzero(street & (tree.element[addresses.component] == Element.DOOR))
    own = keys(snapshot.version, "plate", len(rows)).to_pylist()
    short = wording.full_texts(tree, int(Element.TOWN))
    points = list(_points(snapshot))
    for place, row in enumerate(rows.tolist()):
        component = int(addresses.component[row])
        kind = "small" if tree.sub_number[component] >= 0 else "large"
        yield (
            own[place],
            f"P{place + 1:07d}",
            tree.key[component].as_py(),
            kind,
            short[component].as_py(),
            "good",
            stamp,
            points[row],
        )


def _lineage(snapshot: Snapshot, stamp: str | None) -> Iterator[Row]:
    tree = snapshot.components
    remark = "样例中的沿革,未核验 of the sample, unverified" if stamp else None
    for row in np.flatnonzero(tree.successor >= 0).tolist():
        former, after = tree.key[row].as_py(), tree.key[int(tree.successor[row])].as_py()
        yield f"merged-{former}", former, after, "merged", remark, stamp


def _links(bundle: Bundle, stamp: str | None) -> Iterator[Row]:
    links, own = bundle.links, bundle.snapshot.addresses.key
    columns = (
        keys(bundle.snapshot.version, "link", len(links.kind)),
        own.take(pa.array(links.address)),
        *(links.kind, links.role, links.object_id, links.object_name),
    )
    for row in zip(*(column.to_pylist() for column in columns), links.confidence.tolist(), strict=True):
        yield *row, stamp
