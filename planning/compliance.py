"""Compliance checks 合规性审查: sites against every rule, with evidence that can be made again.

What lies near the sites is read by one statement, as of one state of every layer; the rest is
done in memory by pure functions, the same for one site and for ten thousand. A check keeps
its request (site, facts, states of the layers, rules by digest) and its result; from the
request the result is made again, byte for byte, by the same versions of the engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import orjson
import shapely

from planning import compliance_store as store
from planning import roles
from planning.compliance_store import Kept, Near, PlanVersion, Wanted
from planning.errors import BadRule, OutsideCity, UnknownCheck
from planning.findings import Ground, found
from planning.model import Asked, Project, Role, State, Verdict
from planning.rules import Book, Rule
from planning.rules.book import read as read_rules
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum import BEIJING, format_instant, frame, parse_instant
from spatial.datum.plane import Plane
from spatial.errors import IntegrityBroken
from spatial.history.model import FeatureTable

PLANS: Final = ("plans", "plan-versions")
OUTLINE: Final = "city-outline"
IN_FORCE: Final = frozenset({"approved", "filed", "maintained"})
"""Statuses in which a version of a plan binds 批复、备案、动态维护."""
ENGINE: Final = "onemap-compliance 1"
AT_ONCE: Final = 200
"""Sites read by one statement."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One check."""

    id: str
    verdict: Verdict
    result: bytes
    """The result in its one form, JSON."""


@dataclass(frozen=True, slots=True)
class Again:
    """A check made again."""

    equal: bool
    """The same bytes."""
    engine_then: str
    engine_now: str
    result: bytes


@dataclass(frozen=True, slots=True)
class _Setting:
    """All that the judgement of any site of a call stands on."""

    city: City
    asked: Asked
    rules: tuple[Rule, ...]
    states: Mapping[str, State]
    tables: Mapping[str, FeatureTable]
    wanted: tuple[Wanted, ...]
    now: bool
    versions: Mapping[str, PlanVersion]
    held: frozenset[str]
    synthetic: bool
    balances: Mapping[str, float]


def check(
    connection: Connection, projects: Sequence[Project], asked: Asked, book: Book, city: City, *,
    only: Sequence[str] = (), balances: Mapping[str, float] | None = None, department: str | None = None,
) -> list[Checked]:
    """Judge sites by the rules in force and keep what was found, inside the caller's transaction.

    ``balances`` are what is left in accounts of the quota ledger, in m². Raises OutsideCity where
    a site lies nowhere in the city, UnknownRule where ``only`` names none.
    """  # fmt: skip
    rules = book.asked(_day(asked.at), only)
    changed = store.keep_rules(connection, [(r.id, r.version, r.sha256, _text(r.document)) for r in rules])
    if changed:
        raise BadRule(
            f"规则内容已改而版本号未变,请提高版本号:{changed[0]}",
            f"a rule was changed without a new version, raise its version: {changed[0]}",
            value=changed[0],
        )
    setting = _setting(connection, asked, rules, city, None, balances or {})
    judged = _judged(connection, projects, setting)
    digest = hashlib.sha256(b"".join(rule.sha256 for rule in rules)).digest()
    keeping = []
    for project, result, verdict in judged:
        request = _text(_request(project, setting))
        keeping.append(
            Kept(
                project.facts.get("code"), project.facts.get("name"), verdict.value, asked.at, asked.asof,
                request, hashlib.sha256(request).digest(), result, hashlib.sha256(result).digest(), digest,
                engine(), department, project.wkb,
            )  # fmt: skip
        )
    ids = store.keep(connection, keeping)
    return [
        Checked(key, verdict, result) for key, (_, result, verdict) in zip(ids, judged, strict=True)
    ]


def again(connection: Connection, check_id: str, city: City) -> Again:
    """Make a check again from its request; UnknownCheck, IntegrityBroken where what is kept was altered."""
    row = store.kept(connection, check_id)
    if row is None:
        raise UnknownCheck(
            f"没有这次审查,请核对编号:{check_id[:60]}",
            f"there is no such check, look at its id: {check_id[:60]}",
            value=check_id[:60],
        )
    request, result, digest, engine_then = row
    if hashlib.sha256(result).digest() != digest:
        raise IntegrityBroken(
            f"审查结果与摘要不符:{check_id}", f"the result does not match its digest: {check_id}", value=check_id
        )
    asked, project, setting = _from_request(connection, orjson.loads(request), city)
    del asked
    (made,) = _judged(connection, [project], setting)
    return Again(made[1] == result, engine_then, engine(), made[1])


@cache
def engine() -> str:
    """What made a result, for telling why another version may differ in a last digit."""
    import numpy
    import pyproj

    geos = ".".join(map(str, shapely.geos_version))
    return f"{ENGINE}; shapely {shapely.__version__}; GEOS {geos}; PROJ {pyproj.proj_version_str}; numpy {numpy.__version__}"


def _setting(
    connection: Connection, asked: Asked, rules: tuple[Rule, ...], city: City,
    pinned: Mapping[str, State] | None, balances: Mapping[str, float],
) -> _Setting:  # fmt: skip
    served = {layer.contract.id: layer for layer in catalogue.layers(connection)}
    playing = [_role(rule) for rule in rules if rule.role is not None]
    names = dict.fromkeys((OUTLINE, *PLANS, *(role.layer for role in playing)))
    newest = store.heads(connection, list(names), None)
    states = pinned if pinned is not None else newest
    if pinned is None and asked.asof is not None:
        states = store.heads(connection, list(names), asked.asof)
    states = {name: state for name, state in states.items() if name in served}
    now = all(newest.get(name) == state for name, state in states.items())
    tables = {name: served[name].table for name in states}
    wanted = _wanted(rules, tables)
    versions = (
        store.plan_versions(connection, [tables[name] for name in PLANS], asked.at, states)
        if all(name in tables for name in PLANS)
        else {}
    )
    force = [key for key, version in versions.items() if version.status in IN_FORCE]
    held = store.held(connection, wanted, force, asked.at, states, now=now)
    synthetic = any(served[name].contract.synthetic for name in states)
    return _Setting(city, asked, rules, states, tables, wanted, now, versions, held, synthetic, balances)


def _wanted(rules: Sequence[Rule], tables: Mapping[str, FeatureTable]) -> tuple[Wanted, ...]:
    """One reading a layer, with the fields and filters that its rules want."""
    fields: dict[str, dict[str, None]] = {}
    filters: dict[str, dict[str, None]] = {}
    for rule in rules:
        if rule.role is None or _role(rule).layer not in tables:
            continue
        role = _role(rule)
        own = fields.setdefault(role.layer, {})
        told = (*rule.by, "plan_version" if role.of_plan else None, role.document, role.year)
        own |= dict.fromkeys(name for name in told if name)
        filters.setdefault(role.layer, {})
        if rule.where:
            filters[role.layer][rule.where] = None
    return tuple(
        Wanted(tables[layer], tuple(names), tuple(filters[layer])) for layer, names in fields.items()
    )


def _judged(
    connection: Connection, projects: Sequence[Project], setting: _Setting
) -> list[tuple[Project, bytes, Verdict]]:
    plane = Plane(frame(f"EPSG:{setting.city.epsg_without_prefix}"))
    done = []
    for start in range(0, len(projects), AT_ONCE):
        some = projects[start : start + AT_ONCE]
        near = store.near(
            connection, setting.wanted, [each.wkb for each in some], setting.asked.at, setting.states,
            now=setting.now,
        )  # fmt: skip
        sources = store.sources(connection, {number for each in near for number in each.opened_by})
        grounds = _grounds(near, setting, plane, len(some))
        for project, ground in zip(some, grounds, strict=True):
            _require_inside(connection, project, setting)
            document, verdict = found(
                project, ground, setting.rules, plane,
                on=_day(setting.asked.at), states=setting.states, versions=setting.versions,
                in_force=IN_FORCE, held=setting.held, sources=sources, synthetic=setting.synthetic,
                balances=setting.balances,
            )  # fmt: skip
            done.append((project, _text(document), verdict))
    return done


def _grounds(
    near: Sequence[Near], setting: _Setting, plane: Plane, count: int
) -> list[Mapping[str, Ground]]:
    """What lies near each site, by layer, in the plane."""
    grounds: list[dict[str, Ground]] = [{} for _ in range(count)]
    for wanted, columns in zip(setting.wanted, near, strict=True):
        shapes = plane.projected(shapely.from_wkb(columns.wkb)) if columns.wkb else shapely.from_wkb([])
        start = 0
        for site in range(count):
            end = start
            while end < len(columns.site) and columns.site[end] == site:
                end += 1
            grounds[site][wanted.table.layer] = Ground(
                columns.fid[start:end], columns.opened_by[start:end], columns.fields[start:end],
                columns.mask[start:end], shapes[start:end], wanted.filters,
            )  # fmt: skip
            start = end
    return grounds


def _require_inside(connection: Connection, project: Project, setting: _Setting) -> None:
    """Nothing can be said of a site that lies nowhere in the city: most likely its frame is wrong."""
    extent = setting.city.extent_4490
    west, south, east, north = shapely.bounds(shapely.from_wkb(project.wkb)).tolist()
    if east < extent.west or west > extent.east or north < extent.south or south > extent.north:
        middle = f"{(west + east) / 2:.6f}, {(south + north) / 2:.6f}"
        raise OutsideCity(
            f"项目不在{setting.city.name.zh}范围内,请核对坐标系与带号:{middle}",
            f"the site lies outside the city, check its frame and zone: {middle}",
            value=middle,
        )


def _role(rule: Rule) -> Role:
    assert rule.role is not None
    return roles.shipped()[rule.role]


def _request(project: Project, setting: _Setting) -> dict[str, Any]:
    return {
        "site_wkb": project.wkb.hex(),
        "facts": dict(project.facts),
        "at": format_instant(setting.asked.at),
        "asof": format_instant(setting.asked.asof) if setting.asked.asof else None,
        "states": {name: [state.changeset, state.chain_sha256] for name, state in setting.states.items()},
        "rules": [rule.sha256.hex() for rule in setting.rules],
        "balances": dict(setting.balances),
    }


def _from_request(
    connection: Connection, told: Mapping[str, Any], city: City
) -> tuple[Asked, Project, _Setting]:
    digests = [bytes.fromhex(each) for each in told["rules"]]
    texts = store.rule_texts(connection, digests)
    rules = read_rules({"rules": [_rule_given(orjson.loads(texts[digest])) for digest in digests]}).rules
    asked = Asked(parse_instant(told["at"]), parse_instant(told["asof"]) if told["asof"] else None)
    states = {name: State(name, number, chain) for name, (number, chain) in told["states"].items()}
    setting = _setting(connection, asked, rules, city, states, told["balances"])
    return asked, Project(bytes.fromhex(told["site_wkb"]), told["facts"]), setting


def _rule_given(document: dict[str, Any]) -> dict[str, Any]:
    """A rule as JSON has it, as TOML would give it."""
    return {
        **{key: value for key, value in document.items() if value is not None},
        "valid_from": date.fromisoformat(document["valid_from"]),
        **({"valid_to": date.fromisoformat(document["valid_to"])} if document["valid_to"] else {}),
        "applies": {
            "stages": document["stages"],
            "activities": document["activities"],
            "except": document["except_activities"],
        },
    }


def _day(at: datetime) -> date:
    return at.astimezone(BEIJING).date()


def _text(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
