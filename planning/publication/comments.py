"""What people say of a publication 公众意见: what is taken, what is shown of it, what may follow. Pure.

Everybody sees of a comment what its moderation shows: what was said, where, and the answer; never who
said it. Numbers of telephones and identity cards, and e-mail addresses, that stand in the text itself
are masked there, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import shapely

from planning.errors import BadComment
from spatial.catalogue.city import Extent
from spatial.catalogue.contract import Title
from spatial.errors import shorten

BODY_MOST: Final = 2_000
NAME_MOST, CONTACT_MOST = 50, 100
VERTICES_MOST: Final = 500
COMMENTS_MOST: Final = 50_000
"""Of one publication."""
SHAPES: Final = ("Point", "LineString", "Polygon")


class Stance(StrEnum):
    """What a comment is."""

    SUPPORT = "support"
    OPPOSE = "oppose"
    SUGGEST = "suggest"
    ASK = "ask"


STANCES: Final[Mapping[Stance, Title]] = {
    Stance.SUPPORT: Title("支持", "in favour"),
    Stance.OPPOSE: Title("反对", "against"),
    Stance.SUGGEST: Title("建议", "suggestion"),
    Stance.ASK: Title("咨询", "question"),
}


class State(StrEnum):
    """Whether everybody sees a comment."""

    PENDING = "pending"
    """待审核"""
    SHOWN = "shown"
    """已公开"""
    HIDDEN = "hidden"
    """不公开"""


class Outcome(StrEnum):
    """What becomes of what was said 采纳情况."""

    ADOPTED = "adopted"
    PARTLY = "partly"
    DECLINED = "declined"
    EXPLAINED = "explained"


OUTCOMES: Final[Mapping[Outcome, Title]] = {
    Outcome.ADOPTED: Title("采纳", "adopted"),
    Outcome.PARTLY: Title("部分采纳", "adopted in part"),
    Outcome.DECLINED: Title("不采纳", "not adopted"),
    Outcome.EXPLAINED: Title("解释说明", "explained"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who commented 提意见人: personal data, for those who may read internal fields."""

    name: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it is handed in."""

    stance: Stance
    body: str
    person: Person
    place: shapely.Geometry | None = None
    """In degrees of CGCS2000."""
    layer: str = ""
    fid: str = ""
    """The published feature it is about."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as it stands."""

    id: int
    publication: int
    code: str
    stance: Stance
    body: str
    layer: str
    fid: str
    geometry: dict[str, Any] | None
    received_at: datetime
    state: State
    reason: str
    """Of the moderation."""
    outcome: Outcome | None
    answer: str
    answered_by: str
    answered_at: datetime | None
    step: int
    """Number of the last step; who takes the next one names it."""
    person: Person | None = None


_MASKED: Final = (
    (re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?!\d)"), "〔身份证号已隐去〕"),
    (re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), "〔电话已隐去〕"),
    (re.compile(r"(?<!\d)0\d{2,3}[ -]?\d{7,8}(?!\d)"), "〔电话已隐去〕"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "〔邮箱已隐去〕"),
)


def masked(body: str) -> str:
    """A text with telephones, identity cards and e-mail addresses masked.

    >>> masked("请联系 13800001234 或 a.b@example.cn,谢谢")
    '请联系 〔电话已隐去〕 或 〔邮箱已隐去〕,谢谢'
    >>> masked("37078319900101123X 的地块 370783001001 面积 1234567 平方米")
    '〔身份证号已隐去〕 的地块 370783001001 面积 1234567 平方米'
    """
    for pattern, instead in _MASKED:
        body = pattern.sub(instead, body)
    return body


def text(name: str, told: Mapping[str, Any], most: int, *, needed: bool) -> str:
    """A member of what was sent, trimmed; BadComment where it is no text, too long, or missing."""
    found = told.get(name, "")
    if not isinstance(found, str):
        raise bad(name, "须为文字", "must be a text", type(found).__name__)
    found = found.strip()
    if any((ord(mark) < 32 and mark not in "\n\r\t") or 0xD7FF < ord(mark) < 0xE000 for mark in found):
        raise bad(name, "含控制字符", "holds control characters", repr(found[:40]))
    if len(found) > most:
        raise bad(name, f"最多 {most} 字", f"has at most {most} characters", len(found))
    if needed and not found:
        raise bad(name, "须填写", "must be said", "")
    return found


def place(told: object, extent: Extent) -> shapely.Geometry | None:
    """The place a comment is about: a point, a line or an area in the city, of a few vertices."""
    if told is None:
        return None
    if not isinstance(told, dict) or told.get("type") not in SHAPES:
        kind = told.get("type") if isinstance(told, dict) else type(told).__name__
        raise bad(
            "geometry", f"须为 {'、'.join(SHAPES)}", f"is one of {', '.join(SHAPES)}", shorten(kind, 40)
        )
    try:
        shape = shapely.geometry.shape(told)
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise bad("geometry", "不是 GeoJSON 几何", "is no GeoJSON geometry", told["type"]) from None
    count = int(shapely.get_num_coordinates(shape))
    if not 0 < count <= VERTICES_MOST:
        raise bad(
            "geometry", f"须有 1 至 {VERTICES_MOST} 个顶点", f"has 1 to {VERTICES_MOST} vertices", count
        )
    west, south, east, north = shapely.bounds(shape).tolist()
    if not (extent.holds(west, south) and extent.holds(east, north)):
        raise bad(
            "geometry", "须在本市范围内(经度在前)", "must lie in the city, longitude first", (west, south)
        )
    shape = shapely.set_precision(shapely.force_2d(shape), 1e-7, mode="pointwise")
    if not shapely.is_valid(shape):
        raise bad("geometry", "图形自相交,请重画", "crosses itself, draw it anew", told["type"])
    return shape


def said(told: Mapping[str, Any], extent: Extent) -> Said:
    """A comment out of what was sent; BadComment names the member that cannot be taken."""
    unknown = sorted(set(told) - _MEMBERS)
    if unknown:
        shown = shorten(unknown[0], 40)
        raise bad(
            shown,
            f"可填 {'、'.join(sorted(_MEMBERS))}",
            "is no member of a comment",
            shown,
        )
    stance = told.get("stance")
    if not isinstance(stance, str) or stance not in list(Stance):
        raise bad(
            "stance", f"须为 {'、'.join(Stance)}", f"is one of {', '.join(Stance)}", shorten(stance, 40)
        )
    layer = text("layer", told, 60, needed=False)
    fid = text("fid", told, 100, needed=False)
    if bool(layer) is not bool(fid):
        raise bad("fid", "layer 与 fid 须同时给出", "layer and fid are said together", fid or layer)
    return Said(
        Stance(stance),
        text("text", told, BODY_MOST, needed=True),
        Person(
            text("name", told, NAME_MOST, needed=False), text("contact", told, CONTACT_MOST, needed=False)
        ),
        place(told.get("geometry"), extent),
        layer,
        fid,
    )


_MEMBERS: Final = frozenset({"stance", "text", "name", "contact", "geometry", "layer", "fid"})


def bad(member: str, zh: str, en: str, value: object) -> BadComment:
    """The refusal of a member; it never repeats what somebody wrote about themselves."""
    shown = "" if member in ("name", "contact", "text") and not isinstance(value, int) else str(value)
    return BadComment(
        f"{member} {zh}:{shown}", f"{member} {en}: {shown}", value=shown, details={"where": member}
    )
