"""What a claim must have 主张的规则: a source, a known property, a value of its kind, a datum if a height.

Pure functions over the texts and numbers that a form, a file or another system hands in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from spatial.errors import shorten
from water.errors import ClaimRefused
from water.works.claim import Bound, Claim, Source, Standing, Subject, Value
from water.works.datum import VerticalDatum
from water.works.layers import CLAIMS, contract
from water.works.vocabulary import Property, shipped

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", re.ASCII)
_Chosen = TypeVar("_Chosen", bound=StrEnum)


def claim_of(told: Mapping[str, Any]) -> Claim:
    """The claim that these fields tell (names of the layer ``river-claims``); ClaimRefused where none.

    The kind of quantity follows from the property; the unit is its usual one where none is given.
    """
    of = _property(_text(told, "property", needed=True))
    claim = Claim(
        _subject(told),
        of.id,
        _value(told, of),
        _source(told),
        _text(told, "scope"),
        _text(told, "applies_to"),
        _choice(told, "standing", Standing, Standing.UNVERIFIED),
        _text(told, "note"),
    )
    if claim.value.datum is VerticalDatum.NOT_STATED and claim.standing is Standing.VERIFIED:
        raise refused(
            "standing",
            "高程未注明基面的主张不能标为已核,请先查明基面",
            "a height whose datum the source does not say cannot be verified, find the datum first",
            claim.standing.value,
        )
    return claim


def refused(field: str, zh: str, en: str, value: object) -> ClaimRefused:
    """A refusal that names the field and the value."""
    title = contract(CLAIMS).field(field).title.zh
    return ClaimRefused(
        f"主张的“{title}”{zh}:{value}",
        f"{field} of a claim: {en}: {value}",
        value=value if isinstance(value, str | int | float) else str(value),
        details={"field": field},
    )


def _subject(told: Mapping[str, Any]) -> Subject:
    codes = contract(CLAIMS).field("subject_kind").codes
    kinds, titles = [code for code, _ in codes], {title.zh: code for code, title in codes}
    kind = _text(told, "subject_kind", needed=True)
    kind = titles.get(kind, kind)
    if kind not in kinds:
        raise refused("subject_kind", f"须为 {'、'.join(kinds)} 之一", f"is one of {', '.join(kinds)}", kind)
    subject = _text(told, "subject", needed=True)
    if not _ID.fullmatch(subject):
        raise refused(
            "subject",
            "须为字母、数字、点、横线组成的标识",
            "is an id of letters, digits, dots and hyphens",
            subject,
        )
    return Subject(kind, subject, _text(told, "subject_name", needed=True))


def _source(told: Mapping[str, Any]) -> Source:
    document = _text(told, "document")
    if not document:
        raise refused(
            "document",
            "没有来源文件的主张不予登记,请写明出自哪份文件",
            "a claim without a source is not taken, name the document it is from",
            "",
        )
    date = _text(told, "document_date")
    if date and not _DATE.fullmatch(date):
        raise refused("document_date", "须为年、年-月或年-月-日", "is a year, year-month or day", date)
    return Source(document, _text(told, "page"), date, _text(told, "author"))


def _property(name: str) -> Property:
    found = shipped().get(name)
    if found is None:
        raise refused("property", "不在词表中,词表见 /rivers/claim-properties", "is not in the vocabulary"
                      " (/rivers/claim-properties)", name)  # fmt: skip
    return found


def _value(told: Mapping[str, Any], of: Property) -> Value:
    datum = _datum(told, of)
    text = _text(told, "text")
    low, high = _number(told, "value"), _number(told, "value_to")
    if of.is_text:
        if not text or low is not None:
            raise refused(
                "text", f"“{of.title.zh}”须以文字说明,不带数值", "is told in words, without a number", text
            )
        return Value(text=text)
    if low is None:
        raise refused("value", f"“{of.title.zh}”须有数值", f"{of.id} needs a number", told.get("value"))
    if high is not None and high <= low:
        raise refused("value_to", f"区间上限须大于下限 {low:g}", f"is over the lower end {low:g}", high)
    unit = _text(told, "unit") or of.unit
    if unit not in of.quantity.units:
        units = list(of.quantity.units)
        raise refused(
            "unit",
            f"“{of.title.zh}”是{of.quantity.title.zh},单位可为 {'、'.join(units)}",
            f"{of.id} is a {of.quantity.id}, in {', '.join(units)}",
            unit,
        )
    return Value(low, high, text, unit, _choice(told, "bound", Bound, Bound.EXACT), datum)


def _datum(told: Mapping[str, Any], of: Property) -> VerticalDatum:
    if of.is_height and not _text(told, "vertical_datum"):
        raise refused(
            "vertical_datum",
            f"“{of.title.zh}”是高程,须注明基面(来源没有注明的写 {VerticalDatum.NOT_STATED})",
            f"{of.id} is a height and needs its datum ({VerticalDatum.NOT_STATED} where the source has none)",
            "",
        )
    datum = _choice(told, "vertical_datum", VerticalDatum, VerticalDatum.NONE)
    if of.is_height == (datum is VerticalDatum.NONE):
        raise refused(
            "vertical_datum",
            f"“{of.title.zh}”{'是高程,须有基面' if of.is_height else '不是高程,不带基面'}",
            f"{of.id} is {'a height and has a datum' if of.is_height else 'no height and has no datum'}",
            datum.value,
        )
    return datum


def _text(told: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = told.get(name)
    text = "" if value is None else str(value).strip()
    most = contract(CLAIMS).field(name).max_length
    if needed and not text:
        raise refused(name, "须填写", "is needed", "")
    if most is not None and len(text) > most:
        raise refused(name, f"至多 {most} 个字", f"has at most {most} characters", shorten(text, 60))
    if any(ord(each) < 32 for each in text):
        raise refused(name, "含控制字符", "holds control characters", repr(text[:60]))
    return text


def _number(told: Mapping[str, Any], name: str) -> float | None:
    value = told.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(str(value).strip())
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise refused(name, "须为数值", "is a number", value)
    return number


def _choice(told: Mapping[str, Any], name: str, kinds: type[_Chosen], otherwise: _Chosen) -> _Chosen:
    text = _text(told, name)
    if not text:
        return otherwise
    titles = {title.zh: code for code, title in contract(CLAIMS).field(name).codes}
    code = titles.get(text, text)
    if code not in [each.value for each in kinds]:
        allowed = ", ".join(each.value for each in kinds)
        raise refused(name, f"须为 {allowed} 之一", f"is one of {allowed}", text)
    return kinds(code)
