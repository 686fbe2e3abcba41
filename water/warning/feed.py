"""The feed of active alerts 预警摘要: Atom (RFC 4287), an entry for each that stands."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from water.gauges.station import Station
from water.warning import cap
from water.warning.store import Held

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
CAP_MEDIA: Final = "application/cap+xml"


def feed(
    standing: Sequence[Held], stations: Mapping[str, Station], city: str, base: str, now: datetime
) -> bytes:
    """The feed; the newest first."""
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "zh-CN"})
    _text(root, "id", f"urn:onemap:{city}:warnings")
    _text(root, "title", "生效预警 Active warnings")
    changed = [cap.envelope(each, each.warning.last, city).sent for each in standing]
    _text(root, "updated", cap.instant(max(changed, default=now)))
    _text(ET.SubElement(root, "author"), "name", "一张图 One Map")
    ET.SubElement(
        root, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{base}/warnings/feed"}
    )
    for each in standing:
        _entry(root, each, stations.get(each.warning.station), city, base)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _entry(root: ET.Element, held: Held, station: Station | None, city: str, base: str) -> None:
    own, headline = (
        cap.envelope(held, held.warning.last, city),
        cap.headline(held, held.warning.last, station),
    )
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", f"urn:onemap:{city}:message:{own.identifier}")
    _text(entry, "title", f"{headline.zh} {headline.en}")
    _text(entry, "updated", cap.instant(own.sent))
    for name, term in (("colour", held.warning.colour.id), ("status", own.status)):
        ET.SubElement(entry, "category", {"scheme": f"urn:onemap:{name}", "term": term})
    href = f"{base}/warnings/{held.warning.id}/cap?step={held.warning.last.number}"
    ET.SubElement(entry, "link", {"rel": "alternate", "type": CAP_MEDIA, "href": href})
    _text(entry, "summary", headline.zh)


def _text(under: ET.Element, name: str, text: str) -> None:
    ET.SubElement(under, name).text = text
