"""What sites come to 审查结果: every rule judged over what lies there, with evidence. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
import shapely

from planning.compliance.ground import Basis, Ground, Layer, cut, missing, role_of
from planning.compliance.groups import Group, Grouped, grouped
from planning.compliance.overlay import Flags
from planning.model import Project, Verdict, gravest
from planning.rules import Found, Judged, Rule, judge
from spatial.catalogue.contract import Title
from spatial.datum.plane import Plane

_AREA_DECIMALS: Final = 4
Document = dict[str, Any]


def found(
    projects: Sequence[Project],
    grounds: Mapping[str, Ground],
    rules: Sequence[Rule],
    plane: Plane,
    basis: Basis,
) -> list[tuple[Document, Verdict]]:
    """The result of each check as JSON has it, and its verdict; those beside it change nothing of it."""
    sites = plane.projected(shapely.from_wkb(np.array([each.wkb for each in projects], dtype=object)))
    areas_m2 = plane.areas_m2(sites).tolist()
    asked = _asked(projects, rules, basis)
    layers = cut(sites, grounds, rules, asked, plane, basis)
    roles = [role_of(rule) for rule in rules]
    layer_of = [layers.get(role.layer) if role is not None else None for role in roles]
    groups = grouped(sites, rules, asked, layers, layer_of, plane)
    telling = _Telling(rules, layers, layer_of, groups, basis)
    return [
        telling.result(n, project, areas_m2[n], asked[:, n].tolist()) for n, project in enumerate(projects)
    ]


def _asked(projects: Sequence[Project], rules: Sequence[Rule], basis: Basis) -> Flags:
    """Which rules are asked at which sites."""
    found: dict[tuple[Any, Any], list[bool]] = {}
    columns = []
    for project in projects:
        who = (project.facts.get("stage"), project.facts.get("activity"))
        if who not in found:
            found[who] = [rule.applies(basis.on, *who) for rule in rules]
        columns.append(found[who])
    return np.array(columns, dtype=bool).reshape(len(projects), len(rules)).T


class _Telling:
    """Writes results; what rules say alike of many sites is written once."""

    def __init__(
        self,
        rules: Sequence[Rule],
        layers: Mapping[str, Layer],
        layer_of: Sequence[Layer | None],
        groups: Grouped,
        basis: Basis,
    ) -> None:
        self._rules = rules
        self._layers = dict(sorted(layers.items()))
        self._layer_of = layer_of
        self._groups = groups
        self._basis = basis
        self._cited = [_cited(rule) for rule in rules]
        self._alike: dict[tuple[int, Judged], orjson.Fragment] = {}
        self._open = [_open(rule, basis) for rule in rules]
        self._versions = [
            (key, {"plan": v.plan, "status": v.status, "document_no": v.document_no})
            for key, v in sorted(basis.versions.items())
        ]
        self._states = {name: state.document for name, state in basis.states.items()}

    def result(
        self, site: int, project: Project, area_m2: float, asked: Sequence[bool]
    ) -> tuple[Document, Verdict]:
        """The result of one check, and its verdict."""
        facts = {**_facts(project), "project_area_m2": area_m2}
        told, verdicts = [], []
        outright: list[tuple[int, Group, Judged]] = []
        for number in range(len(self._rules)):
            document, verdict = self._rule(number, site, facts, area_m2, asked[number], outright)
            told.append(document)
            verdicts.append(verdict)
        overall = gravest([v for v in verdicts if v is not Verdict.NOT_APPLICABLE])
        # A layer is told of where a rule that is asked looks at it.
        own = {layer.role.layer for layer, look in zip(self._layer_of, asked, strict=True) if look and layer}
        layers = {name: layer for name, layer in self._layers.items() if name in own}
        result = {
            "verdict": overall.document,
            "project": {"facts": dict(project.facts), "area_m2": round(area_m2, _AREA_DECIMALS)},
            "rules": told,
            "layers": {name: {"features": self._features(layer, site)} for name, layer in layers.items()},
            "states": self._states,
            "plan_versions": self._versions_of(layers.values(), site),
            "contradictions": self._contradictions(site, outright),
            "synthetic": "合成数据 synthetic" if self._basis.synthetic else None,
            "on": self._basis.on.isoformat(),
        }
        return result, overall

    def _rule(
        self,
        number: int,
        site: int,
        facts: Mapping[str, Any],
        whole_m2: float,
        asked: bool,
        outright: list[tuple[int, Group, Judged]],
    ) -> tuple[Document | orjson.Fragment, Verdict]:
        if not asked:
            return self._brief(number, Judged(Verdict.NOT_APPLICABLE)), Verdict.NOT_APPLICABLE
        rule, layer = self._rules[number], self._layer_of[number]
        why = self._open[number] or (layer.stale.get(site) if layer is not None else None)
        if why is not None:
            return self._brief(number, Judged(Verdict.UNDECIDED, why)), Verdict.UNDECIDED
        groups = self._groups.get((number, site), [])
        counted = [group for group in groups if group.area.counted_m2 > 0]
        seen = [
            Found(g.fields, g.area.counted_m2, g.area.counted_m2 / whole_m2, len(g.pieces), g.outside)
            for g in counted
        ]
        more = {**facts, "quota_left_m2": self._basis.balances.get(rule.account)} if rule.account else facts
        judged, each = judge(rule, seen, more)
        out_of_force = layer.out_of_force[site] if layer is not None else 0
        if not groups and not out_of_force:
            return self._brief(number, judged), judged.verdict
        outright += [
            (number, group, one)
            for group, one in zip(counted, each, strict=True)
            if one.reason is not None and layer is not None
        ]
        document = {
            **self._cited[number],
            **_judged(judged),
            "groups": [
                _group(group, own, one, layer) for group, own, one in zip(counted, seen, each, strict=True)
            ],
            **_ignored(rule, groups),
            **({"not_in_force": out_of_force} if out_of_force else {}),
        }
        return document, judged.verdict

    def _brief(self, number: int, judged: Judged) -> orjson.Fragment:
        """What a rule says that found nothing, or is not asked, or cannot decide."""
        key = (number, judged)
        if key not in self._alike:
            document = {**self._cited[number], **_judged(judged), "groups": []}
            self._alike[key] = orjson.Fragment(orjson.dumps(document, option=orjson.OPT_SORT_KEYS))
        return self._alike[key]

    def _features(self, layer: Layer, site: int) -> list[Document]:
        """Every feature that shares ground with the site, once; groups name them by their place."""
        ground, places = layer.ground, layer.places(site)
        part = slice(places.start, places.stop)
        told = []
        for candidate, area in zip(layer.feature[part].tolist(), layer.pieces_m2[part].tolist(), strict=True):
            fields, changeset = ground.fields[candidate], ground.opened_by[candidate]
            one = {
                "bsm": ground.fid[candidate],
                "area_m2": round(area, _AREA_DECIMALS),
                "changeset": changeset,
                "source_sha256": self._basis.sources.get(changeset),
            }
            if "plan_version" in fields:
                one["plan_version"] = fields["plan_version"]
            if layer.mended[candidate]:
                one["mended"] = True
            told.append(one)
        return told

    def _versions_of(self, layers: Iterable[Layer], site: int) -> Document:
        named = {
            layer.ground.fields[candidate].get("plan_version")
            for layer in layers
            for candidate in layer.feature[layer.first[site] : layer.first[site + 1]].tolist()
        }
        return {key: told for key, told in self._versions if key in named}

    def _contradictions(self, site: int, said: Sequence[tuple[int, Group, Judged]]) -> list[Document]:
        """Pairs of rules of which one admits outright what the other forbids; the graver verdict holds."""
        admits = [each for each in said if each[2].verdict is Verdict.COMPLIES]
        forbids = [each for each in said if each[2].verdict is Verdict.BREACHES]
        found = {}
        for first in admits:
            for second in forbids:
                both = self._concerned(site, first) & self._concerned(site, second)
                if both:
                    found[self._rules[first[0]].id, self._rules[second[0]].id] = len(both)
        return [
            {"admits": first, "forbids": second, "features": count}
            for (first, second), count in sorted(found.items())
        ]

    def _concerned(self, site: int, said: tuple[int, Group, Judged]) -> frozenset[tuple[str, str]]:
        number, group, _ = said
        layer = self._layer_of[number]
        assert layer is not None
        start = layer.places(site).start
        features = layer.feature[[start + place for place in group.pieces]].tolist()
        return frozenset((layer.role.layer, layer.ground.fid[feature]) for feature in features)


def _facts(project: Project) -> dict[str, Any]:
    facts = {f"project_{name}": value for name, value in project.facts.items()}
    use = project.facts.get("use_code")
    if use:
        facts |= {"project_use_1": use[:2], "project_use_2": use[:4]}
    return facts


def _open(rule: Rule, basis: Basis) -> Title | None:
    """Why a rule cannot be decided anywhere."""
    role = role_of(rule)
    return missing(role, basis.states, basis.held) if role is not None else None


def _cited(rule: Rule) -> Document:
    """Which rule, of which version, from which article."""
    source: Document = {
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


def _group(group: Group, seen: Found, judged: Judged, layer: Layer | None) -> Document:
    return {
        "fields": group.fields,
        "outside": group.outside,
        **_judged(judged),
        "area_m2": round(seen.area_m2, _AREA_DECIMALS),
        "share": round(seen.share, 8),
        "layer": layer.role.layer if layer is not None else None,
        "features": group.pieces,
        "geometry": group.geojson,
    }


def _ignored(rule: Rule, groups: Sequence[Group]) -> Document:
    """What the tolerance of a rule leaves out of account."""
    areas = [group.area for group in groups if group.area.ignored]
    if not areas:
        return {}
    tolerance = {"min_area_m2": rule.tolerance.min_area_m2, "min_width_m": rule.tolerance.min_width_m}
    return {
        "ignored": {
            "count": sum(area.ignored for area in areas),
            "area_m2": round(sum(area.ignored_m2 for area in areas), _AREA_DECIMALS),
            "max_width_m": round(max(area.ignored_width_m for area in areas), 4),
            "tolerance": tolerance,
        }
    }


def _judged(judged: Judged) -> Document:
    told: Document = {"verdict": judged.verdict.document}
    if judged.reason is not None:
        told["reason"] = {"zh": judged.reason.zh, "en": judged.reason.en}
    return told
