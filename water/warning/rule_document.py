"""Rules as documents: TOML that ships, JSON that is kept. What a rule cannot mean is refused by its place."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final

import orjson

from spatial.catalogue.contract import Title
from water.errors import BadWarningRule
from water.gauges.station import ELEMENTS, MEASURED, Mark
from water.warning import fields
from water.warning.colour import COLOURS, Colour
from water.warning.fields import Document
from water.warning.rule import Hazard, Kind, Level, Normal, Quantiles, Rule, Tier

STANDINGS: Final = ("sourced", "verified", "unverified")
TIERS: Final = ("duty", "leader", "departments")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)
_MEMBERS: Final = frozenset(
    (
        *("id", "title", "hazard", "kind", "element", "levels", "source", "standing", "hold_s", "dwell_s"),
        *("stale_s", "window_s", "below", "stations", "classes", "synthetic", "enabled", "note"),
        *("quantiles", "normals", "chain", "contact"),
    )
)
_OWN: Final = frozenset({Kind.VALUE, Kind.RISE, Kind.RETURN_PERIOD, Kind.EXCEEDANCE, Kind.DEFICIT})
"""Kinds whose levels the rule names itself."""
_MARKED: Final = frozenset({Kind.THRESHOLD, Kind.EXCEEDANCE})
_WINDOWED: Final = frozenset({Kind.RISE, Kind.DEFICIT})
_LIMITS: Final = {Kind.EXCEEDANCE: (0.0, 1.0), Kind.DEFICIT: (0.0, 1.0), Kind.RETURN_PERIOD: (1.0, 1e6)}


def documents(text: str) -> tuple[Document, ...]:
    """The rules of a TOML file, each with the file's chain where it has none; BadWarningRule."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise BadWarningRule(
            f"规则文件不是 TOML:{failure}", f"the file of rules is no TOML: {failure}", value=str(failure)
        ) from None
    chain = fields.listed(given, "chain")
    return tuple({"chain": chain, **fields.mapping("rules", each)} for each in fields.listed(given, "rules"))


@cache
def shipped(name: str) -> tuple[Document, ...]:
    """The rules of a file that comes with the platform.

    >>> [each["id"] for each in shipped("warning-rules")]
    ['flood-stage', 'flood-discharge', 'flood-return-period']
    """
    return documents(resources.files("water").joinpath(f"assets/{name}.toml").read_text("utf-8"))


def canonical(document: Document) -> bytes:
    """The bytes that a rule's digest is taken of."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def sha256(document: Document) -> bytes:
    """Digest of a rule."""
    return hashlib.sha256(canonical(document)).digest()


def rule(given: Document) -> Rule:
    """The rule that a document declares; BadWarningRule names the place of what is wrong."""
    if not isinstance(given, Mapping):
        fields.bad("", "须为对象", "is an object", type(given).__name__)
    for name in given:
        if name not in _MEMBERS:
            fields.bad(name[:40], "不认得", "is unknown", name[:40])
    id_ = fields.text(given, "id")
    if not _ID.fullmatch(id_):
        fields.bad(
            "id", "须为小写字母、数字、横线,至多 60 字", "has lower-case letters, digits, hyphens", id_
        )
    kind, element = fields.choice(given, "kind", Kind), fields.text(given, "element")
    if element not in ELEMENTS:
        fields.bad("element", f"须为 {'、'.join(ELEMENTS)}", f"is of {', '.join(ELEMENTS)}", element)
    below = fields.flag(given, "below", otherwise=False)
    found = Rule(
        *(id_, fields.title(given, "title"), fields.choice(given, "hazard", Hazard), kind, element),
        _levels(given, kind, below=below),
        *(fields.text(given, "source"), fields.one_of(given, "standing", STANDINGS)),
        hold_s=fields.seconds(given, "hold_s", 0.0),
        dwell_s=fields.seconds(given, "dwell_s", 0.0),
        stale_s=fields.seconds(given, "stale_s", 7200.0, least=1.0),
        window_s=fields.seconds(given, "window_s", 0.0, least=60.0 if kind in _WINDOWED else 0.0),
        below=below,
        stations=fields.texts(given, "stations"),
        classes=_classes(given),
        synthetic=fields.flag(given, "synthetic", otherwise=False),
        enabled=fields.flag(given, "enabled", otherwise=True),
        note=fields.title(given, "note") if "note" in given else Title("", ""),
        quantiles={station: _quantiles(station, each) for station, each in fields.table(given, "quantiles")},
        normals={station: _normal(station, each) for station, each in fields.table(given, "normals")},
        chain=tuple(_tier(place, each) for place, each in enumerate(fields.listed(given, "chain"))),
        contact=fields.text(given, "contact") if "contact" in given else "寿光市水利局",
    )
    return _whole(found)


def _whole(found: Rule) -> Rule:
    """What only the parts together show."""
    if not found.stations and not found.classes:
        fields.bad("stations", "须给出测站或站类(classes)", "or classes say what is watched", "")
    if found.below and found.kind is not Kind.VALUE:
        fields.bad("below", "仅用于定值(value)", "is for the kind value alone", found.kind.value)
    if found.kind is Kind.EXCEEDANCE and len({each.mark for each in found.levels}) > 1:
        fields.bad("levels", "超限概率只对一个特征值", "are of one threshold", found.levels[-1].mark)
    if found.kind is Kind.DEFICIT and found.hazard is not Hazard.DROUGHT:
        fields.bad("hazard", "来水亏缺须为 drought", "of a deficit is drought", found.hazard.value)
    names = [each.id for each in found.chain]
    if names != [each for each in TIERS if each in names]:
        fields.bad("chain", f"须依次为 {'、'.join(TIERS)}", f"goes {', '.join(TIERS)}", ", ".join(names))
    return found


def _levels(given: Document, kind: Kind, *, below: bool) -> tuple[Level, ...]:
    listed = fields.listed(given, "levels")
    if not 1 <= len(listed) <= len(COLOURS):
        fields.bad("levels", "须有一至四级", "are one to four", len(listed))
    found = [_level(f"levels/{place}", each, kind, below=below) for place, each in enumerate(listed)]
    for place in range(1, len(found)):
        low, high = found[place - 1], found[place]
        at = f"levels/{place}"
        if high.colour <= low.colour:
            fields.bad(
                f"{at}/colour", "须由轻到重,各一次", "goes from mild to grave, each once", high.colour.id
            )
        for name in ("raised", "cleared"):
            milder, graver = getattr(low, name), getattr(high, name)
            if milder is not None and graver is not None and (graver < milder) != below and graver != milder:
                fields.bad(
                    f"{at}/{name}", "不得比轻一级更易达到", "is not reached before the milder one", graver
                )
    return tuple(found)


def _level(at: str, given: object, kind: Kind, *, below: bool) -> Level:
    if not isinstance(given, Mapping):
        fields.bad(at, "须为对象", "is an object", type(given).__name__)
    unknown = [
        name for name in given if name not in ("colour", "mark", "offset", "margin", "raised", "cleared")
    ]
    if unknown:
        fields.bad(f"{at}/{unknown[0][:40]}", "不认得", "is unknown", unknown[0][:40])
    name = given.get("colour")
    if name not in [each.id for each in COLOURS]:
        fields.bad(f"{at}/colour", "须为 blue、yellow、orange、red", "is blue, yellow, orange or red", name)
    mark = None
    if kind in _MARKED:
        mark = fields.choice(given, "mark", Mark, at)
    elif "mark" in given:
        fields.bad(f"{at}/mark", "此类规则不用特征值", "is not for rules of this kind", kind.value)
    colour = Colour.of(str(name))
    if kind not in _OWN:
        margin = fields.number(given, "margin", at, 0.0)
        if margin < 0:
            fields.bad(
                f"{at}/margin",
                "解除值高于触发值:须不小于 0",
                "clears above where it raises: is 0 or more",
                margin,
            )
        return Level(colour, mark, fields.number(given, "offset", at, 0.0), margin)
    raised, cleared = fields.number(given, "raised", at), fields.number(given, "cleared", at)
    if cleared < raised if below else cleared > raised:
        zh = "低值预警的解除值不得低于触发值" if below else "解除值不得高于触发值"
        en = "is not below where a rule of low values raises" if below else "is not above where it raises"
        fields.bad(f"{at}/cleared", zh, en, cleared)
    low, high = _LIMITS.get(kind, (-math.inf, math.inf))
    for told, value in (("raised", raised), ("cleared", cleared)):
        if not low <= value <= high:
            fields.bad(
                f"{at}/{told}", f"须在 {low:g} 与 {high:g} 之间", f"is from {low:g} to {high:g}", value
            )
    return Level(colour, mark, raised=raised, cleared=cleared)


def _quantiles(station: str, given: object) -> Quantiles:
    at = f"quantiles/{station[:20]}"
    table = fields.mapping(at, given)
    years, values = (
        tuple(float(each) for each in fields.numbers(table, name, at)) for name in ("years", "values")
    )
    rising = all(a < b for part in (years, values) for a, b in pairwise(part))
    if len(years) != len(values) or len(years) < 2 or not rising or years[0] < 1:
        fields.bad(at, "重现期与设计值须成对、递增", "years and values come in pairs and rise", list(years))
    return Quantiles(years, values, fields.text(table, "document", at))


def _normal(station: str, given: object) -> Normal:
    at = f"normals/{station[:20]}"
    table = fields.mapping(at, given)
    value = fields.number(table, "value", at)
    if value <= 0:
        fields.bad(f"{at}/value", "须大于 0", "is over 0", value)
    return Normal(value, fields.text(table, "document", at))


def _tier(place: int, given: object) -> Tier:
    at = f"chain/{place}"
    table = fields.mapping(at, given)
    id_ = fields.one_of(table, "id", TIERS, at)
    deadlines = fields.mapping(f"{at}/deadline_s", table.get("deadline_s"))
    if set(deadlines) != {each.id for each in COLOURS}:
        fields.bad(
            f"{at}/deadline_s", "须有四色的时限(秒)", "has seconds for all four colours", sorted(deadlines)
        )
    named = fields.texts(table, "departments", at)
    if (id_ == "departments") != bool(named):
        fields.bad(
            f"{at}/departments",
            "成员单位环节须列出单位,其他环节不列",
            "are named by the last tier alone",
            id_,
        )
    seconds = {
        each: fields.seconds(deadlines, each.id, 0.0, least=1.0, at=f"{at}/deadline_s") for each in COLOURS
    }
    return Tier(id_, seconds, named)


def _classes(given: Document) -> tuple[str, ...]:
    found = fields.texts(given, "classes")
    for each in found:
        if each not in MEASURED or given["element"] not in MEASURED[each]:
            fields.bad(
                "classes", "此类测站不测该要素", "holds a class that does not measure the element", each
            )
    return found
