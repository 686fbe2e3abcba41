"""CAP 1.2 (OASIS) out 通用警报协议: the message of each step of a warning, in both languages.

A message is a draft until the leader on duty has acknowledged the call that it tells of; on generated data
it is a test for ever. Who is to be told outside is the bureau's decision: the scope is restricted. The
area is the surroundings of the station, as the place of what was measured; it is no extent of a flood.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from spatial.catalogue.contract import Title
from spatial.datum.clock import BEIJING
from spatial.datum.ellipsoid import geod
from water.gauges.station import ELEMENTS, Station
from water.warning.chain import ACKNOWLEDGED
from water.warning.colour import Colour
from water.warning.life import CALLS, Action, Step
from water.warning.rule import HAZARDS, Kind
from water.warning.store import Held

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
RADIUS_M: Final = 500.0
_CORNERS: Final = 16
_STAMP: Final = Title("合成数据,不得作为防汛依据", "synthetic data, not for flood control")
_SEVERITY: Final = {
    Colour.NONE: "Minor",
    Colour.BLUE: "Minor",
    Colour.YELLOW: "Moderate",
    Colour.ORANGE: "Severe",
    Colour.RED: "Extreme",
}
_HAPPENED: Final = {
    Action.ISSUED: Title("发布", "issued"),
    Action.RAISED: Title("升级", "raised"),
    Action.LOWERED: Title("降级", "lowered"),
    Action.CLEARED: Title("解除", "cleared"),
    Action.CANCELLED: Title("撤销", "cancelled"),
    Action.INPUT_LOST: Title("数据中断,预警维持", "input lost, the warning stands"),
    Action.INPUT_BACK: Title("数据恢复,预警维持", "input back, the warning stands"),
}
_LANGUAGES: Final = ("zh-CN", "en-US")
_CONTROL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """By what a message is known."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    """``Actual``, ``Draft`` or ``Test``."""

    @property
    def reference(self) -> str:
        """As later messages refer to it."""
        return f"{self.sender},{self.identifier},{instant(self.sent)}"


def envelope(held: Held, step: Step, city: str) -> Envelope:
    """Identifier, instant and status of the message of a step."""
    name, sender = f"onemap.{city}.warning.{held.warning.id}.{step.number}", f"urn:onemap:{city}"
    if held.warning.synthetic:
        return Envelope(f"{name}.test", sender, step.recorded_at, "Test")
    call = next(each for each in reversed(held.warning.steps[: step.number]) if each.action in CALLS)
    released = [
        each.recorded_at
        for each in held.entries
        if (each.call, each.tier, each.action) == (call.number, "leader", ACKNOWLEDGED)
    ]
    if not released:
        return Envelope(f"{name}.draft", sender, step.recorded_at, "Draft")
    return Envelope(name, sender, max(released[0], step.recorded_at), "Actual")


def message(held: Held, step: Step, station: Station | None, city: str, href: str) -> bytes:
    """The message of a step as XML."""
    own = envelope(held, step, city)
    earlier = [
        each
        for each in (envelope(held, before, city) for before in held.warning.steps[: step.number - 1])
        if each.status == own.status
    ]
    ended = step.action in (Action.CLEARED, Action.CANCELLED)
    kind = "Alert" if not earlier else "Cancel" if ended else "Update"
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    for name, text in (
        ("identifier", own.identifier),
        ("sender", own.sender),
        ("sent", instant(own.sent)),
        ("status", own.status),
        ("msgType", kind),
        ("source", held.rule.source),
        ("scope", "Restricted"),
        ("restriction", "防汛抗旱成员单位 members of flood control"),
        ("note", _note(held, step, own)),
        ("references", " ".join(each.reference for each in earlier)),
        ("incidents", f"onemap.{city}.warning.{held.warning.id}"),
    ):
        _add(root, name, text)
    for place, language in enumerate(_LANGUAGES):
        _info(root, held, step, station, city, href, language, zh=place == 0)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def headline(held: Held, step: Step, station: Station | None) -> Title:
    """What a message says in a line."""
    colour = step.colour or _before(held, step)
    hazard, happened = HAZARDS[held.warning.hazard], _HAPPENED[step.action]
    place = held.warning.station if station is None else station.name
    stamp = ("【合成数据】", "[SYNTHETIC] ") if held.warning.synthetic else ("", "")
    return Title(
        f"{stamp[0]}{place}{hazard.zh}{colour.title.zh}预警:{happened.zh}",
        f"{stamp[1]}{colour.title.en} {hazard.en} warning at {place}: {happened.en}",
    )


def instant(when: datetime) -> str:
    """As CAP writes it: to the second, with a numeric offset and never Z.

    >>> instant(datetime(2026, 7, 1, 8, 0, tzinfo=BEIJING))
    '2026-07-01T08:00:00+08:00'
    """
    return when.astimezone(BEIJING).replace(microsecond=0).isoformat()


def figure(value: float) -> str:
    """A value or a level to three decimals, whatever its size: a millimetre of a stage decides.

    >>> figure(130.024), figure(12345.678), figure(21.0), figure(20.996), figure(-0.0001)
    ('130.024', '12345.678', '21', '20.996', '0')
    """
    return f"{value:.3f}".rstrip("0").rstrip(".").removesuffix("-0") or "0"


def ring(station: Station) -> str:
    """The surroundings of a station: latitude before longitude, closed, as CAP has it."""
    azimuths = np.linspace(0.0, -360.0, _CORNERS, endpoint=False)
    lon, lat, _ = geod().fwd(
        np.full(_CORNERS, station.lon_deg),
        np.full(_CORNERS, station.lat_deg),
        azimuths,
        np.full(_CORNERS, RADIUS_M),
    )
    corners = [f"{y:.6f},{x:.6f}" for x, y in zip(lon, lat, strict=True)]
    return " ".join([*corners, corners[0]])


def _info(
    root: ET.Element,
    held: Held,
    step: Step,
    station: Station | None,
    city: str,
    href: str,
    language: str,
    *,
    zh: bool,
) -> None:
    rule, colour, ended = held.rule, step.colour, step.colour is Colour.NONE

    def told(title: Title) -> str:
        return title.zh if zh else title.en

    info = ET.SubElement(root, "info")
    certainty = "Observed" if rule.kind is not Kind.EXCEEDANCE else _certainty(step.value)
    urgency = "Past" if ended else "Immediate" if colour >= Colour.ORANGE else "Expected"
    hazard = told(HAZARDS[held.warning.hazard])
    for name, text in (
        ("language", language),
        ("category", "Met"),
        ("event", f"{hazard}预警" if zh else f"{hazard} warning"),
        ("responseType", "AllClear" if ended else "Monitor"),
        ("urgency", urgency),
        ("severity", _SEVERITY[colour]),
        ("certainty", certainty),
    ):
        _add(info, name, text)
    _pair(info, "eventCode", "urn:onemap:warning-rule", f"{rule.id}/{held.warning.version}")
    _add(info, "effective", instant(step.at))
    _add(info, "onset", instant(held.warning.steps[0].at))
    _add(info, "senderName", rule.contact)
    _add(info, "headline", told(headline(held, step, station)))
    _add(info, "description", "\n".join(_described(held, step, zh=zh)))
    _add(info, "web", href)
    for name, value in (
        ("colour", colour.id),
        ("standing", rule.standing),
        ("data_nature", "合成数据" if held.warning.synthetic else ""),
        ("stale", "true" if _stale(held, step) else "false"),
    ):
        if value:
            _pair(info, "parameter", f"urn:onemap:{name}", value)
    _area(info, held, station, city, zh=zh)


def _described(held: Held, step: Step, *, zh: bool) -> Iterator[str]:
    rule, unit = held.rule, step.evidence.get("unit", "")
    if held.warning.synthetic:
        yield _STAMP.zh if zh else _STAMP.en
    if step.value is not None:
        element = ELEMENTS[rule.element].title
        datum = step.evidence.get("vertical_datum")
        shown = f"{figure(step.value)} {unit}" + (f" ({datum})" if datum else "")
        yield f"{element.zh}判据值 {shown}" if zh else f"{element.en}, as judged: {shown}"
    level = step.evidence.get("levels", {}).get(step.colour.id)
    if level is not None:
        document = level.get("document", rule.source)
        at = f"{figure(level['raised'])} {unit}"
        yield f"该级判据 {at},依据:{document}" if zh else f"level {at}, after: {document}"
    if rule.standing == "unverified":
        yield "规则依据待核" if zh else "what the rule rests on is unverified"
    note = rule.note.zh if zh else rule.note.en
    if note:
        yield note
    if step.comment:
        yield step.comment


def _area(info: ET.Element, held: Held, station: Station | None, city: str, *, zh: bool) -> None:
    area = ET.SubElement(info, "area")
    name = held.warning.station if station is None else station.name
    around = f"{name}测站周围 {RADIUS_M:g} 米(测站位置,不是淹没范围)"
    _add(
        area,
        "areaDesc",
        around if zh else f"within {RADIUS_M:g} m of the gauge {name} (its place, no extent of a flood)",
    )
    if station is not None:
        _add(area, "polygon", ring(station))
    _pair(area, "geocode", "STCD", held.warning.station)
    division = None if station is None else station.division
    _pair(area, "geocode", "GB/T 2260", (division or city)[:6])


def _note(held: Held, step: Step, own: Envelope) -> str:
    parts = []
    if own.status == "Test":
        parts.append(f"{_STAMP.zh} {_STAMP.en}")
    if own.status == "Draft":
        parts.append("未经带班领导签收,仅为草稿 a draft until the leader on duty has acknowledged")
    if step.action is Action.CANCELLED:
        parts.append(step.comment)
    return ";".join(parts)


def _before(held: Held, step: Step) -> Colour:
    """The colour that ended with a step."""
    return held.warning.steps[max(0, step.number - 2)].colour


def _stale(held: Held, step: Step) -> bool:
    told = [
        each.action
        for each in held.warning.steps[: step.number]
        if each.action in (Action.INPUT_LOST, Action.INPUT_BACK)
    ]
    return bool(told) and told[-1] is Action.INPUT_LOST


def _certainty(probability: float | None) -> str:
    return "Likely" if probability is not None and probability > 0.5 else "Possible"


def _add(under: ET.Element, name: str, text: str) -> None:
    """An element with a text; none where there is nothing to say."""
    if text:
        ET.SubElement(under, name).text = _CONTROL.sub("�", text)


def _pair(under: ET.Element, name: str, value_name: str, value: str) -> None:
    pair = ET.SubElement(under, name)
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)
