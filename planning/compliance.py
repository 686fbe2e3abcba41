"""Compliance checks 合规性审查: sites against every rule, with evidence that can be made again.

What lies near the sites is read by one statement, as of one state of every layer; the rest is
done in memory by pure functions, the same for one site and for ten thousand. A check keeps
its request (site, facts, states of the layers, rules by digest) and its result; from the
request the result is made again, byte for byte, by the same versions of the engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import numpy as np
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


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a check stands on, so that other processes judge over the same."""

    asked: Asked
    rules: tuple[Rule, ...]
    states: Mapping[str, State]
    balances: Mapping[str, float]


@contextmanager
def one_state(connection: Connection) -> Iterator[None]:
    """A transaction in which every statement sees one state of the database."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        yield


def check(
    connection: Connection,
    projects: Sequence[Project],
    asked: Asked,
    book: Book,
    city: City,
    *,
    only: Sequence[str] = (),
    balances: Mapping[str, float] | None = None,
    department: str | None = None,
) -> list[Checked]:
    """Judge sites by the rules in force and keep what was found, in the caller's :func:`one_state`.

    ``balances`` are what is left in accounts of the quota ledger, in m². Raises OutsideCity where
    a site lies nowhere in the city, UnknownRule where ``only`` names none.
    """
    rules = book.asked(_day(asked.at), only)
    setting = _setting(connection, asked, rules, city, None, balances or {})
    pin = Pinned(asked, rules, setting.states, setting.balances)
    return keep(connection, projects, _judged(connection, projects, setting), pin, department)


def pinned(
    connection: Connection,
    asked: Asked,
    book: Book,
    city: City,
    only: Sequence[str] = (),
    balances: Mapping[str, float] | None = None,
) -> Pinned:
    """The rules in force and the states of the layers they look at."""
    rules = book.asked(_day(asked.at), only)
    setting = _setting(connection, asked, rules, city, None, balances or {})
    return Pinned(asked, rules, setting.states, setting.balances)


def judge_pinned(
    connection: Connection, projects: Sequence[Project], pin: Pinned, city: City
) -> list[tuple[bytes, str]]:
    """Results in their one form, and verdicts, of sites over what is pinned; nothing is kept."""
    setting = _setting(connection, pin.asked, pin.rules, city, pin.states, pin.balances)
    return _judged(connection, projects, setting)


def keep(
    connection: Connection,
    projects: Sequence[Project],
    judged: Sequence[tuple[bytes, str]],
    pin: Pinned,
    department: str | None,
) -> list[Checked]:
    """Keep what was judged, with the rules it was judged by, inside the caller's transaction."""
    _keep_rules(connection, pin.rules)
    digest = hashlib.sha256(b"".join(rule.sha256 for rule in pin.rules)).digest()
    keeping = []
    for project, (result, verdict) in zip(projects, judged, strict=True):
        request = _text(_request(project, pin))
        keeping.append(
            Kept(
                project.facts.get("code"),
                project.facts.get("name"),
                verdict,
                pin.asked.at,
                pin.asked.asof,
                request,
                hashlib.sha256(request).digest(),
                result,
                hashlib.sha256(result).digest(),
                digest,
                engine(),
                department,
                project.wkb,
            )
        )
    ids = store.keep(connection, keeping)
    return [
        Checked(key, Verdict(verdict), result) for key, (result, verdict) in zip(ids, judged, strict=True)
    ]


def _keep_rules(connection: Connection, rules: Sequence[Rule]) -> None:
    changed = store.keep_rules(connection, [(r.id, r.version, r.sha256, _text(r.document)) for r in rules])
    if changed:
        raise BadRule(
            f"规则内容已改而版本号未变,请提高版本号:{changed[0]}",
            f"a rule was changed without a new version, raise its version: {changed[0]}",
            value=changed[0],
        )


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
            f"审查结果与摘要不符:{check_id}",
            f"the result does not match its digest: {check_id}",
            value=check_id,
        )
    project, pin = _from_request(connection, orjson.loads(request))
    ((made, _),) = judge_pinned(connection, [project], pin, city)
    return Again(made == result, engine_then, engine(), made)


@cache
def engine() -> str:
    """What made a result, for telling why another version may differ in a last digit."""
    import pyproj

    parts = {
        "shapely": shapely.__version__,
        "GEOS": ".".join(map(str, shapely.geos_version)),
        "PROJ": pyproj.proj_version_str,
        "numpy": np.__version__,
    }
    return "; ".join([ENGINE, *(f"{name} {version}" for name, version in parts.items())])


def _setting(
    connection: Connection,
    asked: Asked,
    rules: tuple[Rule, ...],
    city: City,
    pinned: Mapping[str, State] | None,
    balances: Mapping[str, float],
) -> _Setting:
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
) -> list[tuple[bytes, str]]:
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
            done.append((_text(document), verdict.value))
    return done


def _grounds(near: Sequence[Near], setting: _Setting, plane: Plane, count: int) -> list[dict[str, Ground]]:
    """What lies near each site, by layer, in the plane."""
    grounds: list[dict[str, Ground]] = [{} for _ in range(count)]
    wkb = [each for columns in near for each in columns.wkb]
    shapes = plane.projected(shapely.from_wkb(np.array(wkb, dtype=object)))
    before = 0
    for wanted, columns in zip(setting.wanted, near, strict=True):
        edges = np.searchsorted(columns.site, np.arange(count + 1))
        for site in range(count):
            start, end = int(edges[site]), int(edges[site + 1])
            grounds[site][wanted.table.layer] = Ground(
                columns.fid[start:end], columns.opened_by[start:end], columns.fields[start:end],
                columns.mask[start:end], shapes[before + start : before + end], wanted.filters,
            )  # fmt: skip
        before += len(columns.site)
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


def _request(project: Project, pin: Pinned) -> dict[str, Any]:
    return {
        "site_wkb": project.wkb.hex(),
        "facts": dict(project.facts),
        "at": format_instant(pin.asked.at),
        "asof": format_instant(pin.asked.asof) if pin.asked.asof else None,
        "states": {name: [state.changeset, state.chain_sha256] for name, state in pin.states.items()},
        "rules": [rule.sha256.hex() for rule in pin.rules],
        "balances": dict(pin.balances),
    }


def _from_request(connection: Connection, told: Mapping[str, Any]) -> tuple[Project, Pinned]:
    digests = [bytes.fromhex(each) for each in told["rules"]]
    texts = store.rule_texts(connection, digests)
    rules = read_rules({"rules": [_rule_given(orjson.loads(texts[digest])) for digest in digests]}).rules
    asked = Asked(parse_instant(told["at"]), parse_instant(told["asof"]) if told["asof"] else None)
    states = {name: State(name, number, chain) for name, (number, chain) in told["states"].items()}
    return Project(bytes.fromhex(told["site_wkb"]), told["facts"]), Pinned(
        asked, rules, states, told["balances"]
    )


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
