"""A reader of CAP 1.2 that refuses what the standard's element rules (clause 3.2) do not allow.

Written from the text of the standard: order and number of elements, their words, and the forms of instants,
polygons, references and identifiers.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
KNOWN = re.compile(r"[^\s,<&]+")

ONE, MAYBE, MANY, SOME = (1, 1), (0, 1), (0, 10**6), (1, 10**6)
Check = Callable[[str], bool]


def of(*words: str) -> Check:
    return lambda text: text in words


def any_text(text: str) -> bool:
    return bool(text.strip())


def instant(text: str) -> bool:
    return bool(INSTANT.fullmatch(text)) and datetime.fromisoformat(text).tzinfo is not None


def identifier(text: str) -> bool:
    return bool(KNOWN.fullmatch(text))


def references(text: str) -> bool:
    parts = [each.split(",") for each in text.split()]
    return all(
        len(each) == 3 and identifier(each[0]) and identifier(each[1]) and instant(each[2]) for each in parts
    )


def polygon(text: str) -> bool:
    pairs = [tuple(map(float, each.split(","))) for each in text.split()]
    inside = all(len(each) == 2 and abs(each[0]) <= 90 and abs(each[1]) <= 180 for each in pairs)
    return inside and len(pairs) >= 4 and pairs[0] == pairs[-1]


def language(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", text) is not None


Rules = Mapping[str, tuple[tuple[int, int], Check]]
PAIR = {"valueName", "value"}
ALERT: Rules = {
    "identifier": (ONE, identifier),
    "sender": (ONE, identifier),
    "sent": (ONE, instant),
    "status": (ONE, of("Actual", "Exercise", "System", "Test", "Draft")),
    "msgType": (ONE, of("Alert", "Update", "Cancel", "Ack", "Error")),
    "source": (MAYBE, any_text),
    "scope": (ONE, of("Public", "Restricted", "Private")),
    "restriction": (MAYBE, any_text),
    "addresses": (MAYBE, any_text),
    "code": (MANY, any_text),
    "note": (MAYBE, any_text),
    "references": (MAYBE, references),
    "incidents": (MAYBE, any_text),
}
INFO: Rules = {
    "language": (MAYBE, language),
    "category": (
        SOME,
        of(
            *("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra"),
            *("CBRNE", "Other"),
        ),
    ),
    "event": (ONE, any_text),
    "responseType": (
        MANY,
        of("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"),
    ),
    "urgency": (ONE, of("Immediate", "Expected", "Future", "Past", "Unknown")),
    "severity": (ONE, of("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    "certainty": (ONE, of("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    "audience": (MAYBE, any_text),
    "eventCode": (MANY, any_text),
    "effective": (MAYBE, instant),
    "onset": (MAYBE, instant),
    "expires": (MAYBE, instant),
    "senderName": (MAYBE, any_text),
    "headline": (MAYBE, any_text),
    "description": (MAYBE, any_text),
    "instruction": (MAYBE, any_text),
    "web": (MAYBE, any_text),
    "contact": (MAYBE, any_text),
    "parameter": (MANY, any_text),
}
AREA: Rules = {
    "areaDesc": (ONE, any_text),
    "polygon": (MANY, polygon),
    "circle": (MANY, any_text),
    "geocode": (MANY, any_text),
    "altitude": (MAYBE, any_text),
    "ceiling": (MAYBE, any_text),
}


def read(content: bytes) -> dict[str, Any]:
    """The message; AssertionError where it is no CAP 1.2."""
    root = ET.fromstring(content)
    assert root.tag == f"{{{NAMESPACE}}}alert"
    alert = _elements(root, ALERT, ("info",))
    if alert["scope"] == "Restricted":
        assert alert.get("restriction"), "restriction is used when scope is Restricted"
    if alert["msgType"] in ("Update", "Cancel"):
        assert alert.get("references"), "what is updated or cancelled is referred to"
    alert["info"] = []
    for one in root.findall(f"{{{NAMESPACE}}}info"):
        info = _elements(one, INFO, ("resource", "area"))
        info["area"] = [_elements(each, AREA, ()) for each in one.findall(f"{{{NAMESPACE}}}area")]
        alert["info"].append(info)
    return alert


def _elements(parent: ET.Element, rules: Rules, nested: tuple[str, ...]) -> dict[str, Any]:
    order, last = [*rules, *nested], -1
    found: dict[str, Any] = {}
    count: dict[str, int] = {}
    for child in parent:
        assert child.tag.startswith(f"{{{NAMESPACE}}}"), child.tag
        name = child.tag.rpartition("}")[2]
        assert name in order, f"{name} is no element of {parent.tag}"
        assert order.index(name) >= last, f"{name} comes too late"
        last = order.index(name)
        if name in nested:
            continue
        count[name] = count.get(name, 0) + 1
        if name in ("eventCode", "parameter", "geocode"):
            assert [each.tag.rpartition("}")[2] for each in child] == ["valueName", "value"], name
            found.setdefault(name, {})[child[0].text] = child[1].text
            continue
        text = child.text or ""
        assert rules[name][1](text), f"{name} cannot be: {text}"
        found[name] = text
    for name, ((least, most), _) in rules.items():
        assert least <= count.get(name, 0) <= most, f"{name} stands {count.get(name, 0)} times"
    return found
