"""What a site comes to 审查结果: every rule judged over what lies there, with evidence. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import orjson
import shapely

from planning import roles
from planning.compliance import overlay
from planning.compliance.overlay import Area
from planning.compliance.store import PlanVersion
from planning.model import Project, Role, State, Verdict, gravest
from planning.rules import Found, Judged, Rule, judge
from planning.rules.rule import Relation
from spatial.catalogue.contract import Title
from spatial.datum.plane import Plane

_DECIMALS: Final = 9
_AREA_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Ground:
    """Features of one layer near a site, in the plane; columns of one length, in order of identity."""

    fid: Sequence[str]
    opened_by: Sequence[int]
    fields: Sequence[Mapping[str, Any]]
    mask: Sequence[int]
    shapes: np.ndarray[Any, Any] = field(repr=False)
    filters: tuple[str, ...] = ()


@dataclass(slots=True)
class _Layer:
    """A layer cut by the site, once for all its rules."""

    ground: Ground
    kept: list[int]
    """Places of its features that share ground with the site."""
    pieces: np.ndarray[Any, Any]
    pieces_m2: list[float]
    mended: set[int]
    used: list[int]
    """Places among the pieces of features that bind on that day."""
    out_of_force: int


@dataclass(slots=True)
class _Group:
    """One group of one rule, on its way to a verdict."""

    rule: int
    fields: Mapping[str, Any]
    pieces: list[int]
    outside: bool
    union: Any
    area: Area | None = None
    geojson: orjson.Fragment | None = None


def found(
    project: Project,
    grounds: Mapping[str, Ground],
    rules: Sequence[Rule],
    plane: Plane,
    *,
    on: date,
    states: Mapping[str, State],
    versions: Mapping[str, PlanVersion],
    held: AbstractSet[str],
    sources: Mapping[int, str | None],
    synthetic: bool,
    balances: Mapping[str, float],
) -> tuple[dict[str, Any], Verdict]:
    """The result of a check as JSON has it, and its verdict."""
    site = plane.projected(np.array([shapely.from_wkb(project.wkb)], dtype=object))[0]
    facts = _facts(project)
    asked = {
        number
        for number, rule in enumerate(rules)
        if rule.applies(on, project.facts.get("stage"), project.facts.get("activity"))
    }
    playing = {
        name: role for name, role in _roles(rules, asked).items() if missing(role, states, held) is None
    }
    layers = _layers(site, grounds, playing.values(), plane, versions)
    groups: list[_Group] = []
    open_rules: dict[int, Title] = {}
    for number in sorted(asked):
        rule = rules[number]
        if rule.role is None:
            groups.append(_Group(number, {}, [], False, site))
            continue
        role = roles.shipped()[rule.role]
        why = missing(role, states, held) or _stale(role, layers[role.layer], on)
        if why is not None:
            open_rules[number] = why
        else:
            groups += _groups(number, rule, layers[role.layer], site)
    tolerances = [(rules[g.rule].tolerance.min_area_m2, rules[g.rule].tolerance.min_width_m) for g in groups]
    for group, area in zip(
        groups, overlay.measured([g.union for g in groups], tolerances, plane), strict=True
    ):
        group.area = area
    whole_m2 = float(plane.areas_m2(np.array([site], dtype=object))[0])
    facts["project_area_m2"] = whole_m2
    shapes = _geojson([g.area.counted for g in groups if g.area is not None], plane)
    for group, shape in zip(groups, shapes, strict=True):
        group.geojson = shape
    told, verdicts = [], []
    explicit: list[tuple[str, Verdict, frozenset[tuple[str, str]]]] = []
    for number, rule in enumerate(rules):
        own = [g for g in groups if g.rule == number]
        document, verdict = _rule(
            rule, own, facts, whole_m2, layers, open_rules.get(number), number not in asked, balances
        )
        told.append(document)
        verdicts.append(verdict)
        explicit += _explicit(rule, own, document, layers)
    overall = gravest([v for v in verdicts if v is not Verdict.NOT_APPLICABLE])
    result = {
        "verdict": overall.document,
        "project": {"facts": dict(project.facts), "area_m2": round(whole_m2, _AREA_DECIMALS)},
        "rules": told,
        "layers": {name: _told_layer(layer, sources) for name, layer in sorted(layers.items())},
        "states": {name: state.document for name, state in states.items()},
        "plan_versions": _told_versions(layers, versions),
        "contradictions": _contradictions(explicit),
        "synthetic": "合成数据 synthetic" if synthetic else None,
        "on": on.isoformat(),
    }
    return result, overall


def _facts(project: Project) -> dict[str, Any]:
    facts = {f"project_{name}": value for name, value in project.facts.items()}
    use = project.facts.get("use_code")
    if use:
        facts |= {"project_use_1": use[:2], "project_use_2": use[:4]}
    return facts


def missing(role: Role, states: Mapping[str, State], held: AbstractSet[str]) -> Title | None:
    """Why nothing can be said by a layer: it is not served, or holds nothing that binds on that day."""
    if role.layer not in states:
        return Title(
            f"缺少图层:{role.title.zh}({role.layer})", f"the layer is missing: {role.title.en} ({role.layer})"
        )
    if role.layer not in held:
        if role.of_plan:
            return Title(
                f"该日没有生效的规划内容:{role.title.zh}", f"no plan is in force on that day: {role.title.en}"
            )
        return Title(f"该日没有数据:{role.title.zh}", f"there is no data of that day: {role.title.en}")
    return None


def _stale(role: Role, layer: _Layer, on: date) -> Title | None:
    if role.year is None or not layer.used:
        return None
    fields = layer.ground.fields
    years = [fields[layer.kept[place]].get(role.year) for place in layer.used]
    oldest = min((year for year in years if year is not None), default=None)
    if oldest is None or on.year - oldest > role.years_kept:
        return Title(
            f"数据过期({oldest or '无年份'} 年):{role.title.zh}",
            f"the data is out of date ({oldest}): {role.title.en}",
        )
    return None


def _roles(rules: Sequence[Rule], asked: AbstractSet[int]) -> dict[str, Role]:
    """The roles that the rules asked want, by layer."""
    wanted = [roles.shipped()[rules[n].role or ""] for n in sorted(asked) if rules[n].role is not None]
    return {role.layer: role for role in wanted}


def _layers(
    site: Any,
    grounds: Mapping[str, Ground],
    playing: Iterable[Role],
    plane: Plane,
    versions: Mapping[str, PlanVersion],
) -> dict[str, _Layer]:
    """Every layer cut by the site, all in one go."""
    own = [(role, grounds[role.layer]) for role in playing]
    if not own:
        return {}
    starts = np.cumsum([0, *(len(ground.fid) for _, ground in own)])
    cut = overlay.cut(site, np.concatenate([ground.shapes for _, ground in own]), plane)
    edges = np.searchsorted(cut.kept, starts)
    layers = {}
    for n, (role, ground) in enumerate(own):
        part = slice(edges[n], edges[n + 1])
        kept = (cut.kept[part] - starts[n]).tolist()
        mended = {m - int(starts[n]) for m in cut.mended if starts[n] <= m < starts[n + 1]}
        binding = [binds(role, ground.fields[candidate], versions) for candidate in kept]
        used = [place for place, binds in enumerate(binding) if binds]
        layers[role.layer] = _Layer(
            ground, kept, cut.pieces[part], cut.pieces_m2[part].tolist(), mended, used, len(kept) - len(used)
        )
    return layers


def binds(role: Role, fields: Mapping[str, Any], versions: Mapping[str, PlanVersion]) -> bool:
    """Whether a feature counts on that day: it is of no plan, or of a version that is in force."""
    version = versions.get(fields.get("plan_version") or "")
    return not role.of_plan or (version is not None and version.in_force)


def _groups(number: int, rule: Rule, layer: _Layer, site: Any) -> list[_Group]:
    bit = 1 << layer.ground.filters.index(rule.where) if rule.where else 0
    ground, kept, pieces = layer.ground, layer.kept, layer.pieces
    places = [p for p in layer.used if not bit or ground.mask[kept[p]] & bit]
    by: dict[tuple[Any, ...], list[int]] = {}
    for place in places:
        by.setdefault(tuple(ground.fields[kept[place]].get(name) for name in rule.by), []).append(place)
    groups = [
        _Group(number, dict(zip(rule.by, key, strict=True)), own, False, overlay.joined(pieces[own]))
        for key, own in sorted(by.items(), key=lambda item: [str(part) for part in item[0]])
    ]
    if rule.relation is Relation.OVERLAPS_OR_OUTSIDE:
        left = overlay.outside(site, pieces[places])
        if not shapely.is_empty(left):
            groups.append(_Group(number, dict.fromkeys(rule.by), [], True, left))
    return groups


def _rule(
    rule: Rule,
    groups: Sequence[_Group],
    facts: Mapping[str, Any],
    whole_m2: float,
    layers: Mapping[str, _Layer],
    undecided: Title | None,
    skipped: bool,
    balances: Mapping[str, float],
) -> tuple[dict[str, Any], Verdict]:
    document = _cited(rule)
    if skipped or undecided is not None:
        verdict = Verdict.NOT_APPLICABLE if skipped else Verdict.UNDECIDED
        return {**document, "verdict": verdict.document, **_reason(undecided), "groups": []}, verdict
    counted = [g for g in groups if g.area is not None and g.area.counted_m2 > 0]
    seen = [
        Found(g.fields, g.area.counted_m2, g.area.counted_m2 / whole_m2, len(g.pieces), g.outside)
        for g in counted
        if g.area is not None
    ]
    more = {**facts, "quota_left_m2": balances.get(rule.account)} if rule.account else facts
    judged, each = judge(rule, seen, more)
    document |= {"verdict": judged.verdict.document, **_reason(judged.reason)}
    document["groups"] = [
        _group(group, own, one, rule, layers) for group, own, one in zip(counted, seen, each, strict=True)
    ]
    ignored = [g.area for g in groups if g.area is not None and g.area.ignored]
    if ignored:
        document["ignored"] = {
            "count": sum(a.ignored for a in ignored),
            "area_m2": round(sum(a.ignored_m2 for a in ignored), _AREA_DECIMALS),
            "max_width_m": round(max(a.ignored_width_m for a in ignored), 4),
            "tolerance": {
                "min_area_m2": rule.tolerance.min_area_m2, "min_width_m": rule.tolerance.min_width_m
            },
        }  # fmt: skip
    if rule.role is not None and layers[roles.shipped()[rule.role].layer].out_of_force:
        document["not_in_force"] = layers[roles.shipped()[rule.role].layer].out_of_force
    return document, judged.verdict


def _cited(rule: Rule) -> dict[str, Any]:
    """Which rule, of which version, from which article."""
    source: dict[str, Any] = {
        "document": rule.source.document,
        "article": rule.source.article,
        "checked": rule.source.checked,
    }
    if not rule.source.checked:
        source["note"] = "条款待核 clause to be checked"
    return {
        "id": rule.id,
        "version": rule.version,
        "sha256": rule.sha256.hex(),
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "source": source,
    }


def _group(
    group: _Group, seen: Found, judged: Judged, rule: Rule, layers: Mapping[str, _Layer]
) -> dict[str, Any]:
    assert group.area is not None
    layer = layers.get(roles.shipped()[rule.role].layer) if rule.role else None
    return {
        "fields": dict(group.fields),
        "outside": group.outside,
        "verdict": judged.verdict.document,
        **_reason(judged.reason),
        "area_m2": round(seen.area_m2, _AREA_DECIMALS),
        "share": round(seen.share, 8),
        "layer": roles.shipped()[rule.role].layer if rule.role else None,
        "features": group.pieces if layer is not None else [],
        "geometry": group.geojson if rule.role else None,
    }


def _geojson(shapes: Sequence[Any], plane: Plane) -> list[orjson.Fragment]:
    """Shapes of the plane as GeoJSON in degrees, to 1e-9°."""
    if not shapes:
        return []
    degrees = plane.unprojected(np.array(shapes, dtype=object))
    rounded = shapely.transform(degrees, lambda coords: np.round(coords, _DECIMALS))
    return [orjson.Fragment(text.encode()) for text in shapely.to_geojson(rounded)]


def _told_layer(layer: _Layer, sources: Mapping[int, str | None]) -> dict[str, Any]:
    """Every feature that shares ground with the site, once; groups name them by their place."""
    ground = layer.ground
    told = []
    for candidate, area in zip(layer.kept, layer.pieces_m2, strict=True):
        fields = ground.fields[candidate]
        told.append(
            {
                "bsm": ground.fid[candidate],
                "area_m2": round(area, _AREA_DECIMALS),
                "changeset": ground.opened_by[candidate],
                "source_sha256": sources.get(ground.opened_by[candidate]),
                **({"plan_version": fields["plan_version"]} if "plan_version" in fields else {}),
                **({"mended": True} if candidate in layer.mended else {}),
            }
        )
    return {"features": told}


def _told_versions(layers: Mapping[str, _Layer], versions: Mapping[str, PlanVersion]) -> dict[str, Any]:
    named = {
        layer.ground.fields[candidate].get("plan_version")
        for layer in layers.values()
        for candidate in layer.kept
    }
    return {
        key: {"plan": v.plan, "status": v.status, "document_no": v.document_no}
        for key, v in sorted(versions.items())
        if key in named
    }


def _explicit(
    rule: Rule, groups: Sequence[_Group], document: Mapping[str, Any], layers: Mapping[str, _Layer]
) -> list[tuple[str, Verdict, frozenset[tuple[str, str]]]]:
    """What a rule says outright of which features, by one of its cases."""
    said = []
    counted = [g for g in groups if g.area is not None and g.area.counted_m2 > 0]
    for group, told in zip(counted, document["groups"], strict=False):
        if told.get("reason") is not None and told["layer"] is not None:
            layer = layers[told["layer"]]
            features = frozenset((told["layer"], layer.ground.fid[layer.kept[p]]) for p in group.pieces)
            said.append((rule.id, Verdict(told["verdict"]["id"]), features))
    return said


def _contradictions(
    said: Sequence[tuple[str, Verdict, frozenset[tuple[str, str]]]],
) -> list[dict[str, Any]]:
    """Pairs of rules of which one admits outright what the other forbids; the graver verdict holds."""
    found = {}
    for first, allows, here in said:
        for second, forbids, there in said:
            if allows is Verdict.COMPLIES and forbids is Verdict.BREACHES and here & there:
                found[first, second] = len(here & there)
    return [
        {"admits": first, "forbids": second, "features": count}
        for (first, second), count in sorted(found.items())
    ]


def _reason(reason: Title | None) -> dict[str, Any]:
    return {"reason": {"zh": reason.zh, "en": reason.en}} if reason is not None else {}
