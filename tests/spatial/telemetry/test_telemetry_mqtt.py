"""Templates of device types, and payloads good and bad."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.datum import BEIJING
from spatial.observe.telemetry.errors import BadMessage, BadTemplate, Reason
from spatial.observe.telemetry.model import Quality
from spatial.observe.telemetry.mqtt import payload, template
from spatial.observe.telemetry.mqtt.template import Templates

TEXT = """
id = "noise-meter"
title = { zh = "噪声监测仪", en = "noise meter" }
topic = "city/noise/{device}/+/up"
records = "data.list"
time = { place = "ts", format = "unix-ms" }

[[values]]
property = "leq"
place = "v.leq"
unit = "dB"
unit_place = "v.unit"

[[values]]
property = "battery"
place = "mv"
unit = "V"
scale = 0.001
"""
NOISE = template.read(TEXT, "noise.toml")
TEMPLATES = Templates([NOISE, *template.shipped()])
NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)


def message(*records: object, topic: str = "city/noise/N7/1/up") -> tuple[str, bytes]:
    return topic, json.dumps({"data": {"list": records}}).encode()


def arrive(topic: str, data: bytes) -> payload.Arrival:
    return payload.arrival(TEMPLATES, topic, data, "broker:1883", NOW)


def test_records_become_readings() -> None:
    one = {"ts": MS - 60_000, "v": {"leq": 51.5, "unit": "dB"}, "mv": 3600}
    other = {"ts": MS, "v": {"leq": None, "unit": "dB"}}
    found = arrive(*message(one, other))
    assert (found.device, found.reason, found.channel) == ("mqtt:N7", None, "mqtt")
    assert [(each.observed_property, each.unit, each.value, each.quality) for each in found.readings] == [
        ("mqtt:leq", "dB", 51.5, Quality.NOT_EVALUATED),
        ("mqtt:battery", "V", 3.6, Quality.NOT_EVALUATED),
        ("mqtt:leq", "dB", None, Quality.MISSING),
    ]
    assert found.readings[0].time == datetime(2026, 11, 27, 17, 59, tzinfo=BEIJING)


def test_the_same_message_again_has_the_same_key() -> None:
    topic, data = message({"ts": MS})
    assert arrive(topic, data).key == arrive(topic, data).key
    assert arrive(topic, data).key != arrive("city/noise/N8/1/up", data).key


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.BAD_BODY),
        (b"\xff\xfe", Reason.BAD_BODY),
        (b"{", Reason.BAD_BODY),
        (b"[" * 100_000, Reason.BAD_BODY),
        (b'{"data": {"list": [1]}}', Reason.BAD_BODY),
        (b'{"data": {"list": [{"ts": NaN}]}}', Reason.BAD_BODY),
        (b'{"data": {"list": [{"ts": 1e300}]}}', Reason.BAD_BODY),
        (b'{"data": {"list": [{"ts": true}]}}', Reason.BAD_BODY),
        (b'{"data": {"list": [{"ts": "2026"}]}}', Reason.BAD_BODY),
        (message({"ts": MS, "mv": "3600"})[1], Reason.BAD_BODY),
        (message({"ts": MS, "mv": True})[1], Reason.BAD_BODY),
        (b'{"data": {"list": [{"ts": 1, "mv": 1e999}]}}', Reason.BAD_BODY),
        (message({"ts": MS, "v": {"leq": 51, "unit": "dBm"}})[1], Reason.BAD_BODY),
        (message({"ts": MS + 3 * 3_600_000, "mv": 1})[1], Reason.FUTURE_DATED),
        (b" " * (payload.LARGEST + 1), Reason.OVERSIZED),
    ],
)
def test_what_cannot_be_read_is_rejected_and_kept(data: bytes, reason: Reason) -> None:
    found = arrive("city/noise/N7/1/up", data)
    assert (found.reason, found.readings, found.data) == (reason, (), data)
    assert found.detail


keys = st.sampled_from(("data", "list", "ts", "v", "leq", "unit", "mv"))
leaves = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner)))
@settings(deadline=None)
def test_no_document_does_harm(document: object) -> None:
    found = arrive("city/noise/N7/1/up", json.dumps(document).encode())
    assert found.reason is None or found.detail


def test_topics_of_no_template_are_rejected() -> None:
    for topic in ("city/noise/N7/up", "city/noise//1/up", "other", "city/noise/N7/1/down"):
        assert arrive(topic, b"{}").reason is Reason.UNEXPECTED


def test_the_shipped_template() -> None:
    data = json.dumps({"time": "2026-11-27T17:59:00+08:00", "values": {"temperature": 21.5}}).encode()
    (reading,) = arrive("onemap/json/T-1/up", data).readings
    assert (reading.device, reading.observed_property, reading.value) == (
        "mqtt:T-1",
        "mqtt:temperature",
        21.5,
    )
    with pytest.raises(BadMessage):
        payload.decode(template.shipped()[0], "T-1", data.replace(b"+08:00", b""))


def test_subscriptions() -> None:
    assert [each.subscription for each in TEMPLATES.all] == ["city/noise/+/+/up", "onemap/json/+/up"]


@pytest.mark.parametrize(
    "changed",
    [
        TEXT.replace("{device}", "all"),
        TEXT.replace("city/noise/{device}", "city/#/{device}"),
        TEXT.replace("unix-ms", "stardate"),
        TEXT.replace('place = "mv"', 'place = "mv."'),
        TEXT.replace("scale = 0.001", "scale = 0"),
        TEXT.replace('property = "battery"', 'property = "leq"'),
        TEXT.replace('id = "noise-meter"', 'id = "Noise Meter"'),
        TEXT.replace("records", "recods"),
        TEXT.replace('unit = "V"', ""),
        TEXT.replace("[[values]]", "[[valuez]]"),
        "id = ",
    ],
)
def test_templates_that_cannot_be_meant(changed: str) -> None:
    with pytest.raises(BadTemplate):
        template.read(changed, "noise.toml")


def test_two_templates_for_one_topic_contradict() -> None:
    other = template.read(TEXT.replace("noise-meter", "other").replace("city/noise", "city/+"), "other.toml")
    with pytest.raises(BadTemplate):
        Templates([NOISE, other])
