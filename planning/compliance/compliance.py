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
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import orjson
import shapely

from planning import roles
from planning.compliance import store
from planning.compliance.findings import found
from planning.compliance.ground import Basis
from planning.compliance.standing import Standing, held, near, standing
from planning.compliance.store import Kept, Wanted
from planning.errors import BadRule, OutsideCity, UnknownCheck
from planning.model import Asked, Project, Role, State, Verdict
from planning.rules import Book, Rule
from planning.rules.book import read as read_rules
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum import BEIJING, format_instant, frame, parse_instant
from spatial.datum.plane import Plane
from spatial.errors import IntegrityBroken, shorten
from spatial.history.model import FeatureTable

ENGINE: Final = "onemap-compliance 2"
AT_ONCE: Final = 500
"""Sites read by one statement and worked on together: enough that a zone is read once for many."""


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
class Pinned:
    """What a check stands on, so that other processes judge over the same."""

    asked: Asked
    rules: tuple[Rule, ...]
    states: Mapping[str, State]
    balances: Mapping[str, float]
    synthetic: bool


@dataclass(frozen=True, slots=True)
class _Setting:
    """All that the judgement of any site of a call stands on."""

    city: City
    on: Standing
    rules: tuple[Rule, ...]
    wanted: tuple[Wanted, ...]
    held: frozenset[str]
    pin: Pinned


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
    setting = _setting(connection, asked, book.asked(_day(asked.at), only), city, balances or {})
    keep_rules(connection, setting.pin)
    return keep(connection, projects, _judged(connection, projects, setting), setting.pin, department)


def pinned(
    connection: Connection,
    asked: Asked,
    book: Book,
    city: City,
    only: Sequence[str] = (),
    balances: Mapping[str, float] | None = None,
) -> Pinned:
    """The rules in force and the states of the layers they look at."""
    return _setting(connection, asked, book.asked(_day(asked.at), only), city, balances or {}).pin


def judge_pinned(
    connection: Connection, projects: Sequence[Project], pin: Pinned, city: City
) -> list[tuple[bytes, str]]:
    """Results in their one form, and verdicts, of sites over what is pinned; nothing is kept."""
    return _judged(connection, projects, _setting(connection, pin.asked, pin.rules, city, pin=pin))


def keep(
    connection: Connection,
    projects: Sequence[Project],
    judged: Sequence[tuple[bytes, str]],
    pin: Pinned,
    department: str | None,
) -> list[Checked]:
    """Keep what was judged, inside the caller's transaction; the rules it was judged by are kept before."""
    digest = Book(pin.rules).sha256
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


def keep_rules(connection: Connection, pin: Pinned) -> None:
    """Keep the rules that are judged by; BadRule where one was changed under its version."""
    if store.holds_rules(connection, [rule.sha256 for rule in pin.rules]):
        return
    kept = [(rule.id, rule.version, rule.sha256, _text(rule.document)) for rule in pin.rules]
    changed = store.keep_rules(connection, kept)
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
        shown = shorten(check_id, 60)
        raise UnknownCheck(
            f"没有这次审查,请核对编号:{shown}",
            f"there is no such check, look at its id: {shown}",
            value=shown,
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
        "numba": version("numba"),
    }
    return "; ".join([ENGINE, *(f"{name} {version}" for name, version in parts.items())])


def _setting(
    connection: Connection,
    asked: Asked,
    rules: tuple[Rule, ...],
    city: City,
    balances: Mapping[str, float] | None = None,
    pin: Pinned | None = None,
) -> _Setting:
    playing = [_role(rule).layer for rule in rules if rule.role is not None]
    on = standing(connection, playing, asked, pin.states if pin else None)
    wanted = _wanted(rules, on.tables)
    pin = pin or Pinned(asked, rules, on.states, balances or {}, on.synthetic)
    return _Setting(city, on, rules, wanted, held(connection, on, wanted), pin)


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
    _require_inside(projects, setting.city)
    done = []
    for start in range(0, len(projects), AT_ONCE):
        some = projects[start : start + AT_ONCE]
        grounds, sources = near(connection, setting.on, setting.wanted, [each.wkb for each in some], plane)
        basis = Basis(
            on=_day(setting.pin.asked.at),
            states=setting.on.states,
            versions=setting.on.versions,
            held=setting.held,
            sources=sources,
            synthetic=setting.pin.synthetic,
            balances=setting.pin.balances,
        )
        told = found(some, grounds, setting.rules, plane, basis)
        done += [(_text(document), verdict.value) for document, verdict in told]
    return done


def _require_inside(projects: Sequence[Project], city: City) -> None:
    """Nothing can be said of a site that lies nowhere in the city: most likely its frame is wrong."""
    extent = city.extent_4490
    bounds = shapely.bounds(shapely.from_wkb(np.array([each.wkb for each in projects], dtype=object)))
    west, south, east, north = bounds.T
    away = (east < extent.west) | (west > extent.east) | (north < extent.south) | (south > extent.north)
    for n in np.flatnonzero(away):
        middle = f"{(west[n] + east[n]) / 2:.6f}, {(south[n] + north[n]) / 2:.6f}"
        raise OutsideCity(
            f"项目不在{city.name.zh}范围内,请核对坐标系与带号:{middle}",
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
        "synthetic": pin.synthetic,
    }


def _from_request(connection: Connection, told: Mapping[str, Any]) -> tuple[Project, Pinned]:
    digests = [bytes.fromhex(each) for each in told["rules"]]
    texts = store.rule_texts(connection, digests)
    rules = read_rules({"rules": [_rule_given(orjson.loads(texts[digest])) for digest in digests]}).rules
    asked = Asked(parse_instant(told["at"]), parse_instant(told["asof"]) if told["asof"] else None)
    states = {name: State(name, number, chain) for name, (number, chain) in told["states"].items()}
    pin = Pinned(asked, rules, states, told["balances"], told["synthetic"])
    return Project(bytes.fromhex(told["site_wkb"]), told["facts"]), pin


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
