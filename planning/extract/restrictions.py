"""What restricts a place 管控要求: theme by theme, concerned, not concerned, or without data.

A theme is a role of a layer that restricts (``theme = true`` in ``roles.toml``). What the law says
of it comes from the rules that look at it. Overlaps of a theme are joined before they are
measured; parts too small or too narrow to count are told as ignored. Nothing is written here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import orjson
import shapely

from planning import roles
from planning.compliance import overlay
from planning.compliance.ground import Ground, binds, missing
from planning.compliance.overlay import Area
from planning.compliance.standing import Standing
from planning.compliance.store import Wanted
from planning.model import Role
from planning.plans.life import PlanVersion
from planning.rules import Rule
from spatial.catalogue.contract import Contract
from spatial.catalogue.symbology import symbology
from spatial.datum import format_instant
from spatial.datum.plane import Plane

TOLERANCE: Final = (1.0, 0.05)
"""Parts of less than 1 m², or narrower than 5 cm, do not make a place concerned."""
DISCLAIMER: Final = {
    "zh": "本查询结果依所列时点的数据生成,仅供参考,不作为用地审批依据;以主管部门批准的文件为准。",
    "en": "Made from the data of the instants given, for information; approved documents are what counts.",
}
_POINT: Final = 0
_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about."""

    shape: Any = None
    """Point or areas in degrees of CGCS2000."""
    told: Mapping[str, Any] | None = None
    """What is known of it: parcel, class, village."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme as it concerns the place, with shapes for its map."""

    role: Role
    contract: Contract
    shapes: tuple[tuple[str, Any], ...]
    """Code of the legend, or nothing, and shape in the plane."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The document, its code, and what the maps need."""

    document: dict[str, Any]
    code: str
    sha256: bytes
    text: bytes
    site: Any
    """In the plane."""
    themes: tuple[Theme, ...]


def themes() -> tuple[Role, ...]:
    """The roles that restrict, in their order."""
    return tuple(role for role in roles.shipped().values() if role.theme)


def wanted(on: Standing) -> tuple[Wanted, ...]:
    """What is read of each layer of a theme."""
    found = []
    for role in themes():
        if role.layer in on.tables:
            contract = on.contracts[role.layer]
            names = [contract.legend.by, role.document, "plan_version" if role.of_plan else None]
            named = dict.fromkeys(name for name in names if name)
            found.append(Wanted(on.tables[role.layer], tuple(named), ()))
    return tuple(found)


def extract(
    subject: Subject,
    grounds: Mapping[str, Ground],
    on: Standing,
    plane: Plane,
    *,
    held: frozenset[str],
    sources: Mapping[int, str | None],
    rules: Sequence[Rule],
    day: date,
    shown: frozenset[str] | None,
) -> Extract:
    """Theme by theme. ``shown`` are the layers whose shapes and codes may be told, None for all."""
    site = plane.projected(np.array([subject.shape], dtype=object))[0]
    area_m2 = float(plane.areas_m2(np.array([site], dtype=object))[0])
    concerned: list[dict[str, Any]] = []
    clear: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    drawn: list[Theme] = []
    known = [role for role in themes() if missing(role, on.states, held) is None]
    hits = _hits(site, known, grounds, on, plane)
    for role in themes():
        title = {"zh": role.title.zh, "en": role.title.en}
        told = {"theme": role.id, "layer": role.layer, "title": title}
        why = missing(role, on.states, held)
        if why is not None:
            unknown.append({**told, "reason": {"zh": why.zh, "en": why.en}})
            continue
        found, theme = _theme(
            role, site, area_m2, grounds[role.layer], hits[role.id], on, plane, sources, shown
        )
        if found is None:
            clear.append(told)
        else:
            concerned.append({**told, **found, "law": _law(role, rules, day)})
            drawn.append(theme)
    document = {
        "subject": {**(subject.told or {}), "kind": "point" if _is_point(site) else "area",
                    "area_m2": round(area_m2, 4), "geometry": _geojson(subject.shape)},
        "concerned": concerned,
        "not_concerned": clear,
        "without_data": unknown,
        "datetime": format_instant(on.asked.at),
        "asof": format_instant(on.asked.asof) if on.asked.asof else None,
        "states": {name: state.document for name, state in on.states.items()},
        "synthetic": "合成数据 synthetic" if on.synthetic else None,
        "disclaimer": DISCLAIMER,
    }  # fmt: skip
    sha256 = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).digest()
    code = code_of(sha256)
    document["verification_code"] = code
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return Extract(document, code, sha256, text, site, tuple(drawn))


def code_of(sha256: bytes) -> str:
    """A verification code 验证码 that people can type: the digest's first 100 bits.

    >>> code_of(bytes(32))
    'AAAA-AAAA-AAAA-AAAA-AAAA'
    """
    text = base64.b32encode(sha256).decode()[:20]
    return "-".join(text[n : n + 4] for n in range(0, 20, 4))


@dataclass(frozen=True, slots=True)
class _Hits:
    """What of one theme lies at the place."""

    binding: Sequence[int]
    """Places of the features near it that bind on that day."""
    features: Sequence[int]
    """Of these those that share ground with it, or lie over the point."""
    pieces_m2: Sequence[float] = ()
    area: Area | None = None
    """What they share, joined; None of a point."""


def _hits(
    site: Any, known: Sequence[Role], grounds: Mapping[str, Ground], on: Standing, plane: Plane
) -> dict[str, _Hits]:
    """Of every theme what lies at the place, all cut in one go."""
    binding = {
        role.id: [
            n for n, fields in enumerate(grounds[role.layer].fields) if binds(role, fields, on.versions)
        ]
        for role in known
    }
    if _is_point(site):
        return {
            role.id: _Hits(
                own := binding[role.id],
                [n for n in own if shapely.intersects(grounds[role.layer].shapes[n], site)],
            )
            for role in known
        }
    kind = np.repeat(np.arange(len(known)), [len(binding[role.id]) for role in known])
    shapes = [grounds[role.layer].shapes[binding[role.id]] for role in known]
    cut = overlay.cut(
        np.array([site], dtype=object), np.concatenate([np.zeros(0, dtype=object), *shapes]), plane
    )
    kinds = kind[cut.shape]
    present = np.unique(kinds)
    unions = overlay.joined(cut.pieces, kinds)
    areas = dict(
        zip(present.tolist(), overlay.measured(unions, [TOLERANCE] * len(present), plane), strict=True)
    )
    found = {}
    for number, role in enumerate(known):
        rows = np.flatnonzero(kinds == number)
        places = (cut.shape[rows] - np.searchsorted(kind, number)).tolist()
        features = [binding[role.id][place] for place in places]
        found[role.id] = _Hits(binding[role.id], features, cut.pieces_m2[rows].tolist(), areas.get(number))
    return found


def _theme(
    role: Role,
    site: Any,
    area_m2: float,
    ground: Ground,
    hits: _Hits,
    on: Standing,
    plane: Plane,
    sources: Mapping[int, str | None],
    shown: frozenset[str] | None,
) -> tuple[dict[str, Any] | None, Theme]:
    contract = on.contracts[role.layer]
    theme = Theme(role, contract, tuple(
        (str(ground.fields[n].get(contract.legend.by or "") or ""), ground.shapes[n]) for n in hits.binding
    ))  # fmt: skip
    if _is_point(site):
        if not hits.features:
            return None, theme
        told = [_object(role, ground, n, None, on.versions, sources) for n in hits.features]
        return _concerned(role, told, contract, ground, hits.features, None, shown, site), theme
    area = hits.area
    if area is None or area.counted_m2 <= 0:
        return None, theme
    told = [
        _object(role, ground, n, m2, on.versions, sources)
        for n, m2 in zip(hits.features, hits.pieces_m2, strict=True)
    ]
    measured = {
        "area_m2": round(area.counted_m2, 4),
        "share": round(area.counted_m2 / area_m2, 8),
        "ignored": {"count": area.ignored, "area_m2": round(area.ignored_m2, 4)},
    }
    geometry = plane.unprojected(np.array([area.counted], dtype=object))[0]
    return _concerned(
        role, told, contract, ground, hits.features, {**measured, "shape": geometry}, shown, site
    ), theme


def _concerned(
    role: Role,
    objects: list[dict[str, Any]],
    contract: Contract,
    ground: Ground,
    hit: Sequence[int],
    measured: Mapping[str, Any] | None,
    shown: frozenset[str] | None,
    site: Any,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "legend": _legend(contract, {str(ground.fields[n].get(contract.legend.by or "")) for n in hit})
    }
    if measured is not None:
        shape = measured["shape"]
        told |= {name: value for name, value in measured.items() if name != "shape"}
    if shown is not None and role.layer not in shown:
        return {**told, "withheld": True, "objects": len(objects)}
    told["objects"] = objects
    if measured is not None:
        told["geometry"] = _geojson(shape)
    return told


def _object(
    role: Role,
    ground: Ground,
    n: int,
    area_m2: float | None,
    versions: Mapping[str, PlanVersion],
    sources: Mapping[int, str | None],
) -> dict[str, Any]:
    fields = ground.fields[n]
    told: dict[str, Any] = {
        "bsm": ground.fid[n],
        "changeset": ground.opened_by[n],
        "source_sha256": sources.get(ground.opened_by[n]),
        "fields": {name: value for name, value in fields.items() if name != "plan_version"},
    }
    if area_m2 is not None:
        told["area_m2"] = round(area_m2, 4)
    version = versions.get(fields.get("plan_version") or "")
    if version is not None:
        told["plan"] = {
            "version": version.version_id,
            "name": version.plan,
            "status": version.status,
            "document_no": version.document_no,
        }
    return told


def _law(role: Role, rules: Sequence[Rule], day: date) -> list[dict[str, Any]]:
    """The texts that the rules of this theme rest on."""
    return [
        {
            "rule": rule.id,
            "version": rule.version,
            "title": {"zh": rule.title.zh, "en": rule.title.en},
            "document": rule.source.document,
            "article": rule.source.article,
            "checked": rule.source.checked,
            "says": [{"zh": case.advice.zh, "en": case.advice.en} for case in rule.cases],
        }
        for rule in rules
        if rule.role == role.id and rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to)
    ]


def _legend(contract: Contract, codes: set[str]) -> list[dict[str, str]]:
    """Colours of the classes there, as the layer is drawn."""
    legend = contract.legend
    if legend.by is None:
        return [{"code": "", "title": contract.title.zh, "color": legend.color}]
    names = {code: title.zh for code, title in contract.field(legend.by).codes}
    return [
        {"code": code, "title": names.get(code, code), "color": color_of(contract, code)}
        for code in sorted(codes)
    ]


def color_of(contract: Contract, code: str) -> str:
    """The colour of a class of a layer: its own, its table's, or the layer's."""
    legend = contract.legend
    own = dict(legend.colors)
    if code in own:
        return own[code]
    if legend.table is not None and code in symbology(legend.table).by_code:
        return symbology(legend.table).by_code[code].color
    return legend.color


def _is_point(shape: Any) -> bool:
    return bool(shapely.get_type_id(shape) == _POINT)


def _geojson(shape: Any) -> dict[str, Any]:
    """As JSON has it, not as text: the digest is over one form of the whole."""
    rounded = shapely.transform(shape, lambda coords: np.round(coords, 9))
    told: dict[str, Any] = orjson.loads(shapely.to_geojson(rounded))
    return told
