"""Warnings as documents: what stands, what happened, whose turn it is; generated data says so."""

from __future__ import annotations

from datetime import datetime

from api.rivers.held import Document
from spatial.catalogue.contract import STAMP, Title
from spatial.datum import format_instant
from water.gauges.station import Station
from water.warning.chain import TITLES, Entry, Turn, turns
from water.warning.judgement_store import Said
from water.warning.life import Step
from water.warning.rule import HAZARDS
from water.warning.rule_store import Recorded
from water.warning.store import Held


def title(zh_en: Title) -> Document:
    """A title in both languages."""
    return {"zh": zh_en.zh, "en": zh_en.en}


def listed(held: Held, station: Station | None, base: str) -> Document:
    """A warning as a list shows it."""
    one, rule = held.warning, held.rule
    return {
        "id": one.id,
        "rule": one.rule,
        "version": one.version,
        "title": title(rule.title),
        "hazard": {"id": one.hazard.value, **title(HAZARDS[one.hazard])},
        "station": one.station,
        "station_name": None if station is None else station.name,
        "position": None if station is None else [station.lon_deg, station.lat_deg],
        "colour": one.colour.id,
        "colour_title": title(one.colour.title),
        "gravest": one.gravest.id,
        "state": "open" if one.open else one.last.action.value,
        "stale": one.stale,
        "synthetic": one.synthetic,
        "stamp": STAMP if one.synthetic else None,
        "standing": rule.standing,
        "source": rule.source,
        "issued_at": format_instant(one.steps[0].at),
        "changed_at": format_instant(one.last.at),
        "href": f"{base}/warnings/{one.id}",
    }


def whole(held: Held, station: Station | None, base: str, now: datetime) -> Document:
    """A warning with everything that is on record of it."""
    href = f"{base}/warnings/{held.warning.id}"
    waiting = turns(held.rule.chain, held.warning.call, held.entries) if held.warning.open else ()
    return {
        **listed(held, station, base),
        "note": title(held.rule.note),
        "steps": [step(each) for each in held.warning.steps],
        "waiting": [_turn(each, now) for each in waiting],
        "acknowledgements": [_entry(each) for each in held.entries],
        "links": [
            {"href": href, "rel": "self", "type": "application/json"},
            {"href": f"{base}/warnings", "rel": "collection", "type": "application/json"},
            {"href": f"{href}/cap", "rel": "alternate", "type": "application/cap+xml"},
        ],
    }


def step(each: Step) -> Document:
    """What happened, with its evidence."""
    return {
        "number": each.number,
        "action": each.action.value,
        "colour": each.colour.id,
        "at": format_instant(each.at),
        "recorded_at": format_instant(each.recorded_at),
        "evaluation": each.evaluation,
        "value": each.value,
        "evidence": dict(each.evidence),
        "subject": each.subject,
        "department": each.department,
        "comment": each.comment,
    }


def said(each: Said) -> Document:
    """What a rule can say of a station."""
    return {
        "rule": each.rule,
        "version": each.version,
        "station": each.station,
        "colour": each.colour.id,
        "verdict": each.verdict,
        "missing": [dict(one) for one in each.missing],
        "heard_at": None if each.heard_at is None else format_instant(each.heard_at),
        "recorded_at": format_instant(each.recorded_at),
    }


def rule(each: Recorded) -> Document:
    """A rule in force."""
    return {
        "id": each.rule.id,
        "version": each.version,
        "sha256": each.sha256.hex(),
        "enabled": each.rule.enabled,
        "stamp": STAMP if each.rule.synthetic else None,
        "author": each.author,
        "department": each.department,
        "reason": each.reason,
        "recorded_at": format_instant(each.recorded_at),
        "rule": each.content,
    }


def _turn(each: Turn, now: datetime) -> Document:
    return {
        "tier": each.tier,
        "title": title(TITLES[each.tier]),
        "department": each.department,
        "due_at": format_instant(each.due_at),
        "overdue": each.overdue(now),
        "escalated": each.escalated,
    }


def _entry(each: Entry) -> Document:
    return {
        "number": each.number,
        "call": each.call,
        "tier": each.tier,
        "action": each.action,
        "subject": each.subject,
        "department": each.department,
        "comment": each.comment,
        "due_at": None if each.due_at is None else format_instant(each.due_at),
        "recorded_at": format_instant(each.recorded_at),
    }
