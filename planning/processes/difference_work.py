"""What ``plan-difference`` does; imported when it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from psycopg import IsolationLevel

from planning.difference import file as difference_file
from planning.difference import store as difference_store
from planning.difference.areas import Areas, class_areas_m2, reckon, unchanged_m2
from planning.difference.difference import Difference, apply, compare
from planning.difference.ground import lay_out
from planning.difference.pairs import SHARE, Change, pair
from planning.difference.store import Moment, Pair
from planning.edition import GEOMETRY
from planning.maintenance import file as maintenance_file
from planning.maintenance import proof as maintenance_proof
from planning.maintenance.maintenance import reckon as maintained
from planning.maintenance.model import Maintained, Place, Reason
from planning.maintenance.roles import roles_of
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract
from spatial.database import Connection, connect
from spatial.datum import Frame, format_instant, frame, parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes import store

_DECIMALS: Final = 4
_SYNTHETIC: Final = "合成数据 synthetic"


@dataclass(frozen=True, slots=True)
class _Asked:
    """The two states, on which plane."""

    older: Moment
    newer: Moment
    plane: Frame


def run(context: Context, inputs: Inputs, layers: Sequence[str], limit: int) -> Outputs:
    """Compare, tell, and write what was asked for; all from one snapshot.

    ``layers`` are all that are read, ``limit`` is how many changes are listed.
    """
    city = read_city(context.city)
    asked = _Asked(
        _moment(context, inputs["from"]),
        _moment(context, inputs.get("to", {})),
        frame(f"EPSG:{city.epsg_without_prefix}"),
    )
    layer_id = inputs["layer"]
    with connect(context.dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            states = {each: _changesets(connection, each, asked) for each in layers}
            contract = catalogue.get(connection, layer_id).contract
            by = _classes(context, contract, inputs)
            context.step(5, "读取有差异的要素", "reading what differs")
            read = _read(context, connection, contract, asked, inputs.get("ignore", ()))
            found = compare(read.older, read.newer)
            context.step(25, "叠加变化的图形", "laying out the ground that differs")
            ground = lay_out(found, asked.plane)
            rest = None
            if inputs.get("whole", True) and contract.geometry is not None:
                context.step(50, "量算未变部分", "measuring what is unchanged")
                rest = _unchanged_m2(context, connection, contract, by, asked)
                rest.update(unchanged_m2(read.older, found, by, asked.plane))  # alike in what is compared
            parts = _parts(context, connection, inputs, layers, asked)
            every = [catalogue.get(connection, each).contract for each in layers]
    areas, changes = reckon(ground, by, rest), pair(ground)
    report = _report(asked, found, changes, areas, limit) | {
        "layer": layer_id,
        "unchanged": read.unchanged + found.unchanged,
        "plane": asked.plane.id,
        "mended": ground.mended,
        "changesets": states,
        "proof": {"a_and_difference_are_b": apply(found, read.older).identical(read.newer)},
        "nature": _SYNTHETIC if contract.synthetic else "",
    }
    outputs: dict[str, Document | Filed] = {}
    if inputs.get("format", "geopackage") == "geopackage":
        context.step(80, "写出差异文件", "writing the difference")
        outputs["difference"] = _difference_file(context, contract, found, changes)
    if parts:
        context.step(90, "写出并自检维护包", "writing and proving the package")
        notes = [_source(each, states[each.id]) for each in every]
        outputs["package"], report["package"] = _package(context, inputs, parts, notes, asked)
    return {"report": Document(report), **outputs}


def _moment(context: Context, given: dict[str, Any]) -> Moment:
    at, asof = given.get("datetime"), given.get("asof")
    return Moment(
        context.now if at is None else parse_instant(at), context.now if asof is None else parse_instant(asof)
    )


def _changesets(connection: Connection, layer_id: str, asked: _Asked) -> list[int]:
    moments = (asked.older, asked.newer)
    return [store.state_at(connection, layer_id, each.asof).changeset for each in moments if each.asof]


def _classes(context: Context, contract: Contract, inputs: Inputs) -> str | None:
    by: str | None = inputs.get("by", contract.legend.by)
    seen = set(context.grant(contract.id).fields) - set(inputs.get("ignore", ()))
    if "by" in inputs and by not in seen:
        raise bad(
            "/inputs/by", "不是该图层可比较的字段", "is no field of the layer that is compared", str(by)
        )
    return by if by in seen else None


def _read(
    context: Context, connection: Connection, contract: Contract, asked: _Asked, ignore: Sequence[str] = ()
) -> Pair:
    """What differs, in the fields that the asker may see."""
    seen = [each for each in context.grant(contract.id).fields if each not in ignore]
    return difference_store.read(connection, contract, seen, asked.older, asked.newer)


def _unchanged_m2(
    context: Context, connection: Connection, contract: Contract, by: str | None, asked: _Asked
) -> Counter[str]:
    total = Counter[str]()
    for classes, shapes in difference_store.unchanged(connection, contract, by, asked.older):
        total.update(class_areas_m2(classes, shapes, asked.plane))
        context.step(60, "量算未变部分", "measuring what is unchanged")
    return total


def _parts(
    context: Context, connection: Connection, inputs: Inputs, layers: Sequence[str], asked: _Asked
) -> list[Maintained]:
    """The layers of the package, in the order of the inputs."""
    if "package" not in inputs:
        return []
    said, place = inputs["package"], _place(context, inputs)
    reason = Reason(**{name: said[name] for name in Reason.__slots__ if name in said})
    made = []
    for layer_id in layers:
        roles = roles_of(layer_id)
        contract = catalogue.get(connection, layer_id).contract
        read = _read(context, connection, contract, asked)
        made += [
            maintained(role, contract, read.older, read.newer, reason, place, asked.plane) for role in roles
        ]
    return made


def _place(context: Context, inputs: Inputs) -> Place:
    city = read_city(context.city)
    return Place(city.code, city.name.zh, inputs["package"]["year"])


def _report(
    asked: _Asked, found: Difference, changes: Sequence[Change], areas: Areas, limit: int
) -> dict[str, Any]:
    kinds = Counter(each.kind.value for each in changes)
    return {
        "from": _instants(asked.older),
        "to": _instants(asked.newer),
        "counts": dict(sorted(kinds.items())),
        "rows": {name: len(getattr(found, name)) for name in ("removed", "inserted", "before")},
        "fields": {
            name: int(flags.sum())
            for name, flags in found.changed.items()
            if name != GEOMETRY and flags.any()
        },
        "shapes": dict(Counter(each.shape.value for each in changes if each.shape)),
        "areas": _areas(areas),
        "changes": [_rounded(asdict(each)) for each in changes[:limit]],
        "cut": max(0, len(changes) - limit),
        "to_be_checked": [f"待核:要素承接关系以重叠超过较小者的 {SHARE:.0%} 判定 heirs by overlap"],
    }


def _instants(moment: Moment) -> dict[str, str | None]:
    asof = None if moment.asof is None else format_instant(moment.asof)
    return {"datetime": format_instant(moment.at), "asof": asof}


def _areas(areas: Areas) -> dict[str, Any]:
    return {
        "by": areas.by,
        "whole": areas.whole,
        "doubled_m2": round(areas.doubled_m2, _DECIMALS),
        "transitions": [_rounded(asdict(each)) for each in areas.transitions],
        "classes": [_rounded(asdict(each)) for each in areas.balances],
    }


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, _DECIMALS) if isinstance(value, float) else value for name, value in row.items()
    }


def _difference_file(
    context: Context, contract: Contract, found: Difference, changes: Sequence[Change]
) -> Filed:
    path = context.work / f"{contract.id}-difference.gpkg"
    told = f"{contract.title.zh} {_SYNTHETIC if contract.synthetic else ''}".strip()
    difference_file.write(path, found, changes, contract.geometry, told)
    return Filed(path, difference_file.MEDIA_TYPE, path.name)


def _source(contract: Contract, changesets: Sequence[int]) -> str:
    nature = "(合成数据,不得上报)" if contract.synthetic else ""
    return f"数据来源 {contract.title.zh}{nature}:变更集 {' → '.join(map(str, changesets))}。"


def _package(
    context: Context,
    inputs: Inputs,
    parts: Sequence[Maintained],
    notes: Sequence[str],
    asked: _Asked,
) -> tuple[Filed, dict[str, Any]]:
    place = _place(context, inputs)
    path = context.work / f"{place.name}.gdb.zip"
    written = maintenance_file.write(path, place, parts, notes)
    maintenance_proof.require(path, asked.plane)
    summary = {
        "name": written.name,
        "feature_classes": written.feature_classes,
        "vertical_datum_written": written.vertical,
        "proved": True,
        "layers": [
            {
                "role": each.role.code,
                "counts": {str(int(kind)): count for kind, count in each.counts.items()},
                "areas_m2": {str(int(kind)): round(area, _DECIMALS) for kind, area in each.areas_m2.items()},
                "left_out": {"pieces": each.hairs, "area_m2": round(each.hairs_m2, _DECIMALS)},
                "unexpected": [int(kind) for kind in each.unexpected],
                "to_be_checked": each.role.to_be_checked,
            }
            for each in parts
        ],
    }
    return Filed(path, maintenance_file.MEDIA_TYPE, path.name), summary
