"""Preservation events 保存事件 in PREMIS 3: what was done to an object, by whom, with what outcome."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree

NAMESPACE: Final = "http://www.loc.gov/premis/v3"
_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
PLATFORM: Final = "One Map 一张图"


class EventType(StrEnum):
    """Kinds of events, by the terms of the PREMIS vocabulary (id.loc.gov, eventType)."""

    INGESTION = "ingestion"
    FIXITY_CHECK = "fixity check"
    MIGRATION = "migration"
    REPLICATION = "replication"
    RECOVERY = "recovery"
    """修复: repaired from another copy; what was there lies in quarantine."""
    DELETION = "deletion"
    """Only ever with the outcome ``refused``: nothing is deleted."""


class Outcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    FAILURE = "fail"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    type: EventType
    time: str
    outcome: Outcome
    object: str | None
    """None where it is about a copy as a whole."""
    detail: str = ""
    agent: str = PLATFORM
    copy: str = ""
    """The copy it happened in; empty where it is about all."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def document(object_id: str, title: str, events: Iterable[Event]) -> bytes:
    """The events of an object as a PREMIS 3 document."""
    for prefix, name in (("premis", NAMESPACE), ("xsi", _SCHEMA_INSTANCE)):
        ElementTree.register_namespace(prefix, name)
    top = ElementTree.Element(_tag("premis"), {"version": "3.0"})
    entity = _add(top, "object")
    entity.set(f"{{{_SCHEMA_INSTANCE}}}type", "premis:intellectualEntity")
    _identify(_add(entity, "objectIdentifier"), "objectIdentifier", "URN", object_id)
    _add(entity, "originalName", title)
    told = list(events)
    for each in told:
        _event(_add(top, "event"), each, object_id)
    for name in sorted({each.agent for each in told}):
        agent = _add(top, "agent")
        _identify(_add(agent, "agentIdentifier"), "agentIdentifier", "name", name)
        _add(agent, "agentName", name)
        _add(agent, "agentType", "software" if name == PLATFORM else "person")
    text: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _event(element: ElementTree.Element, one: Event, object_id: str) -> None:
    _identify(_add(element, "eventIdentifier"), "eventIdentifier", "UUID", one.id)
    _add(element, "eventType", one.type.value)
    _add(element, "eventDateTime", one.time)
    if one.detail:
        _add(_add(element, "eventDetailInformation"), "eventDetail", one.detail)
    _add(_add(element, "eventOutcomeInformation"), "eventOutcome", one.outcome.value)
    agent = _add(element, "linkingAgentIdentifier")
    _identify(agent, "linkingAgentIdentifier", "name", one.agent)
    _identify(_add(element, "linkingObjectIdentifier"), "linkingObjectIdentifier", "URN", object_id)


def _identify(element: ElementTree.Element, name: str, kind: str, value: str) -> None:
    _add(element, f"{name}Type", kind)
    _add(element, f"{name}Value", value)


def _add(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, _tag(name))
    element.text = text
    return element


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
