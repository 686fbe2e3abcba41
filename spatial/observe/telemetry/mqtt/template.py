"""Templates 设备类型模板: which topics a type of device writes to, and where its payload holds what.

A template is a TOML file. ``topic`` has levels of fixed text, ``{device}`` exactly once, and ``+`` for
any one level. Places in a payload are keys with dots between them, numbers for places in a list.

    id = "noise-meter"
    title = { zh = "噪声监测仪", en = "noise meter" }
    topic = "city/noise/{device}/up"
    records = "data"              # where a list of records stands; left out for one record
    time = { place = "ts", format = "unix-ms" }

    [[values]]
    property = "leq"
    place = "leq"
    unit = "dB"
    unit_place = "unit"           # where the device names the unit; another unit is refused
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from spatial.observe.telemetry.errors import BadTemplate

TimeFormat = Literal["iso8601", "unix-s", "unix-ms", "yyyymmddhhmmss"]
DEVICE = "{device}"
_LEVEL = re.compile(r"[^/+#{}\0]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)
_PLACE = re.compile(r"[^.\s]+(\.[^.\s]+)*")
_PROPERTY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.-]{0,79}", re.ASCII)
_KEYS = {"id", "title", "topic", "records", "time", "values"}
_VALUE_KEYS = {"property", "place", "unit", "unit_place", "scale"}


@dataclass(frozen=True, slots=True)
class Place:
    """Keys that lead to a value in a payload."""

    keys: tuple[str, ...]

    def find(self, document: object) -> object:
        """What stands there; None where nothing does."""
        for key in self.keys:
            if isinstance(document, dict):
                document = document.get(key)
            elif isinstance(document, list) and key.isdecimal():
                document = document[int(key)] if int(key) < len(document) else None
            else:
                return None
        return document


@dataclass(frozen=True, slots=True)
class ValueTemplate:
    """One value of a record: its property, unit (UCUM), place, and a factor to that unit."""

    observed_property: str
    unit: str
    place: Place
    unit_place: Place | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Template:
    """What a type of device sends."""

    id: str
    title_zh: str
    title_en: str
    topic: str
    time: Place
    time_format: TimeFormat
    values: tuple[ValueTemplate, ...]
    records: Place | None = None

    @property
    def subscription(self) -> str:
        """The topic filter to subscribe to.

        >>> from spatial.observe.telemetry.mqtt.template import shipped
        >>> [each.subscription for each in shipped()]
        ['onemap/json/+/up']
        """
        return self.topic.replace(DEVICE, "+")

    def device(self, topic: str) -> str | None:
        """The device that a topic names; None where the topic is not of this template."""
        ours, theirs = self.topic.split("/"), topic.split("/")
        if len(ours) != len(theirs):
            return None
        found = None
        for own, level in zip(ours, theirs, strict=True):
            if own == DEVICE:
                found = level
            elif own not in ("+", level):
                return None
        return found if found and _LEVEL.fullmatch(found) else None


class Templates:
    """Templates by topic; two that one topic could be of contradict each other."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self.all = tuple(templates)
        for n, one in enumerate(self.all):
            for other in self.all[n + 1 :]:
                if one.id == other.id or _overlap(one.subscription, other.subscription):
                    both = f"{one.id} {one.topic} / {other.id} {other.topic}"
                    raise _bad(
                        "两个模板的编号相同或主题重叠", "two templates share their id or a topic", both
                    )

    def find(self, topic: str) -> tuple[Template, str] | None:
        """The template that a topic is of, and its device; None for a topic of none."""
        for template in self.all:
            device = template.device(topic)
            if device is not None:
                return template, device
        return None


def _overlap(one: str, other: str) -> bool:
    """Whether a topic can match both filters."""
    levels = one.split("/"), other.split("/")
    if len(levels[0]) != len(levels[1]):
        return False
    return all(a == b or "+" in (a, b) for a, b in zip(*levels, strict=True))


def shipped() -> tuple[Template, ...]:
    """The templates that come with the platform."""
    from importlib import resources

    folder = resources.files("spatial") / "assets" / "telemetry"
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    return tuple(read((folder / name).read_text(encoding="utf-8"), name) for name in found)


def read_folder(folder: Path) -> tuple[Template, ...]:
    """The templates in the TOML files of a folder."""
    return tuple(read(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.toml")))


def read(text: str, origin: str) -> Template:
    """The template that a TOML text declares; BadTemplate names the file and what is wrong."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise _bad("模板须为 TOML", f"a template is TOML ({failure})", origin) from failure
    try:
        return _template(content, origin)
    except (KeyError, TypeError, AttributeError, ValueError) as failure:
        raise _bad(
            "模板缺少必填项或类型不符",
            f"a template lacks a key or has one of another type ({failure})",
            origin,
        ) from failure


def _template(content: dict[str, object], origin: str) -> Template:
    _known(content, _KEYS, origin)
    title, time, values = content["title"], content["time"], content["values"]
    if not (isinstance(title, dict) and isinstance(time, dict) and isinstance(values, list)):
        raise TypeError("title and time are tables, values a list of tables")
    name, topic, form = str(content["id"]), str(content["topic"]), str(time["format"])
    levels = topic.split("/")
    if levels.count(DEVICE) != 1 or not all(
        level in (DEVICE, "+") or _LEVEL.fullmatch(level) for level in levels
    ):
        raise _bad(
            "主题须恰有一级 {device},其余为文字或 +", "a topic has one level {device}, else text or +", topic
        )
    if not _NAME.fullmatch(name):
        raise _bad("编号须为小写字母、数字和连字符", "an id is lower case letters, digits and hyphens", name)
    if form not in get_args(TimeFormat):
        raise _bad(f"时间格式须为 {'、'.join(get_args(TimeFormat))}", "unknown time format", form)
    parts = tuple(_value(each, origin) for each in values)
    if not parts or len({part.observed_property for part in parts}) < len(parts):
        raise _bad("模板须有要素,且不得重名", "a template has properties, each once", origin)
    return Template(
        name,
        str(title["zh"]),
        str(title["en"]),
        topic,
        _place(time["place"]),
        form,  # type: ignore[arg-type]
        parts,
        _place(content["records"]) if "records" in content else None,
    )


def _value(content: dict[str, object], origin: str) -> ValueTemplate:
    _known(content, _VALUE_KEYS, origin)
    key = str(content["property"])
    if not _PROPERTY.fullmatch(key):
        raise _bad("要素名有误", "a property is letters, digits and _ @ . -", key)
    unit_place = _place(content["unit_place"]) if "unit_place" in content else None
    scale = content.get("scale", 1.0)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or scale == 0:
        raise _bad("换算系数须为非零数", "a scale is a number other than zero", scale)
    return ValueTemplate(key, str(content["unit"]), _place(content["place"]), unit_place, float(scale))


def _place(text: object) -> Place:
    if not isinstance(text, str) or not _PLACE.fullmatch(text):
        raise _bad("位置须为以点相连的键", "a place is keys with dots between them", text)
    return Place(tuple(text.split(".")))


def _known(content: Mapping[str, object], keys: set[str], origin: str) -> None:
    for key in content:
        if key not in keys:
            raise _bad("模板有未知项", "a template has an unknown key", f"{origin}: {key}")


def _bad(zh: str, en: str, value: object) -> BadTemplate:
    return BadTemplate(f"{zh},请改正:{value}", f"{en}; mend it: {value}", value=value)
