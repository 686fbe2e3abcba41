"""Payloads 载荷: JSON of a device, read by the template of its topic.

A message is one fact by its topic and its bytes: a broker that delivers again (QoS 1) delivers the same
bytes, and a payload holds its time, and its serial where the device counts.
"""

from __future__ import annotations

import codecs
import json
import math
from datetime import UTC, datetime
from functools import partial
from typing import NoReturn

from spatial.datum import BEIJING
from spatial.errors import shorten
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.model import Quality, Reading
from spatial.observe.telemetry.mqtt.template import Place, Template, Templates, ValueTemplate

CHANNEL = "mqtt"
LARGEST = 256 * 1024
_RECORDS = 10_000


def arrival(templates: Templates, topic: str, payload: bytes, broker: str, now: datetime) -> Arrival:
    """What a message of a broker is: readings, or rejected with the reason. All is to be kept."""
    key, peer = key_of(CHANNEL, topic, payload), f"{broker} {topic}"[:400]
    whole = partial(Arrival, now, CHANNEL, peer, payload, key, "data")
    found = templates.find(topic)
    if found is None:
        return whole().rejected(Reason.UNEXPECTED, f"topic {topic}")
    template, device = found
    named = f"{CHANNEL}:{device}"
    try:
        readings, faults = decode(template, device, payload)
        checked = whole(named, tuple(readings)).checked()
        return checked.lacking(len(faults), Reason.BAD_BODY, faults[0]) if faults else checked
    except BadMessage as failure:
        return whole(named).rejected(failure.reason, failure.detail)


def decode(template: Template, device: str, payload: bytes) -> tuple[list[Reading], list[str]]:
    """The readings of a payload, and what is wrong with each value that is none of them.

    A value or record that cannot be read takes no other with it; BadMessage where none can.
    """
    if len(payload) > LARGEST:
        raise BadMessage(Reason.OVERSIZED, f"{len(payload)} bytes, at most {LARGEST}")
    document = _document(payload)
    records = document if template.records is None else template.records.find(document)
    listed = records if isinstance(records, list) else [records]
    if len(listed) > _RECORDS:
        raise BadMessage(Reason.BAD_BODY, f"{len(listed)} records, at most {_RECORDS}")
    readings: list[Reading] = []
    faults: list[str] = []
    for record in listed:
        _read_record(template, device, record, readings, faults)
    if faults and not readings:
        raise BadMessage(Reason.BAD_BODY, faults[0])
    return readings, faults


def _document(payload: bytes) -> object:
    try:
        return _DECODER.decode(payload.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except RecursionError:
        raise BadMessage(Reason.BAD_BODY, "nested too deep") from None
    except ValueError as failure:
        raise BadMessage(Reason.BAD_BODY, f"no JSON: {failure}") from None


def _no_number(text: str) -> NoReturn:
    raise BadMessage(Reason.BAD_BODY, f"{text} is no number")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _read_record(
    template: Template, device: str, record: object, readings: list[Reading], faults: list[str]
) -> None:
    """Add the readings of a record, and what is wrong in it."""
    if not isinstance(record, dict):
        faults.append(f"each record must be an object: {shorten(record, 40)}")
        return
    try:
        time = _time(template, template.time.find(record))
    except BadMessage as failure:
        held = sum(_stands(value.place, record) for value in template.values)
        faults.extend([failure.detail] * max(held, 1))
        return
    stands = False
    for value in template.values:
        given = value.place.find(record)
        if given is None and not _stands(value.place, record):
            continue  # A record need not hold every property; null says that the value is missing.
        stands = True
        try:
            _check_unit(value, record)
            number = None if given is None else _number(value, given)
        except BadMessage as failure:
            faults.append(failure.detail)
            continue
        quality = Quality.MISSING if number is None else Quality.NOT_EVALUATED
        readings.append(
            Reading(
                f"{CHANNEL}:{device}",
                f"{CHANNEL}:{value.observed_property}",
                value.unit,
                time,
                number,
                quality,
            )
        )
    if not stands:
        faults.append(f"none of the values of {template.id} stands in {shorten(record, 60)}")


def _stands(place: Place, record: object) -> bool:
    holder = Place(place.keys[:-1]).find(record)
    return isinstance(holder, dict) and place.keys[-1] in holder


def _number(value: ValueTemplate, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise BadMessage(Reason.BAD_BODY, f"{value.observed_property} is no number: {shorten(given, 60)}")
    try:
        number = given * value.scale
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadMessage(Reason.BAD_BODY, f"{value.observed_property} is not finite")
    return float(number)


def _check_unit(value: ValueTemplate, record: object) -> None:
    if value.unit_place is None:
        return
    unit = value.unit_place.find(record)
    if unit != value.unit:
        raise BadMessage(
            Reason.BAD_BODY, f"{value.observed_property} in {shorten(unit, 40)}, agreed is {value.unit}"
        )


def _time(template: Template, given: object) -> datetime:
    """The phenomenon time; text without a zone is refused, digits are Beijing time."""
    try:
        match template.time_format:
            case "iso8601" if isinstance(given, str):
                found = datetime.fromisoformat(given)
                if found.tzinfo is None:
                    raise ValueError("no zone")
                return found.astimezone(BEIJING)
            case "unix-s" | "unix-ms" if isinstance(given, int | float) and not isinstance(given, bool):
                seconds = given / (1000 if template.time_format == "unix-ms" else 1)
                return datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING)
            case "yyyymmddhhmmss" if isinstance(given, str) and len(given) == 14:
                return datetime.strptime(given, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        raise ValueError(f"not {template.time_format}")
    except (ValueError, OverflowError, OSError) as failure:
        raise BadMessage(Reason.BAD_BODY, f"time {shorten(given, 40)}: {failure}") from None
