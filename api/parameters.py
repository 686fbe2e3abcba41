"""Query parameters of items, checked one by one: an unknown name or a bad value is refused by name."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Literal, NoReturn
from urllib.parse import unquote_plus

import orjson

from api import crs, selection
from api.catalogue import Shown
from api.crs import CRS84, Edge, Edges
from api.formats import negotiate
from api.formats.negotiate import Format, media
from api.problem import BadParameter
from api.wire import Request
from spatial.catalogue.contract import Field, FieldType
from spatial.datum.clock import BEIJING, parse_instant, parse_interval
from spatial.errors import BadTime, shorten
from spatial.history import read
from spatial.history.nearby import nearby
from spatial.history.read import Area, Filter, ItemsQuery, Span, Statement, Value

Language = Literal["zh", "en"]

LIMIT_DEFAULT = 100
LIMIT_MAX = 10_000
FIELDS_MAX = 64
COMMON = ("f", "lang")
ITEMS = (*COMMON, "limit", "bbox", "bbox-crs", "crs", "datetime", "asof", "after", "count")
ITEM = (*COMMON, "crs", "datetime", "asof")
_OWN = frozenset((*ITEMS, *selection.PARAMETERS))
"""What a page of items takes whatever the layer holds."""
_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page goes on, and the two instants that keep all pages one snapshot."""

    after: str
    asof: datetime | None
    at: datetime | None
    """``None`` where ``datetime`` was asked for: the parameter itself is repeated."""
    keys: tuple[str | None, ...] = ()
    """What the last item was sorted by."""

    def text(self) -> str:
        """Opaque to clients: URL-safe base64."""
        content = orjson.dumps([_micros(self.asof), _micros(self.at), self.after, *self.keys])
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    @staticmethod
    def parse(text: str) -> Cursor:
        """The cursor of a next link; anything else is a ``BadParameter``."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            asof, at, after, *keys = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not isinstance(after, str) or not all(key is None or isinstance(key, str) for key in keys):
                raise ValueError(after)
            if any("\0" in key for key in (after, *keys) if key is not None):
                raise ValueError(after)
            return Cursor(after, _instant(asof), _instant(at), tuple(keys))
        except (ValueError, TypeError, OverflowError, binascii.Error, UnicodeEncodeError):
            raise BadParameter(
                "after",
                "不是本服务给出的续页标记,请使用 next 链接",
                "is no cursor of this server; follow the next link",
                value=text,
            ) from None


@dataclass(frozen=True)
class ItemsRequest:
    """A page of items as asked for."""

    query: ItemsQuery
    edge: Edge
    format: Format
    language: Language
    first: bool
    """No cursor: this is the first page."""
    counted: bool
    """``count=exact`` asks for ``numberMatched`` whatever it costs."""
    narrowed: bool
    """Something restricts the items beyond what is valid and believed now."""
    kept: tuple[tuple[str, str], ...]
    """The parameters to repeat in links, without ``after`` and ``f``."""

    @cached_property
    def statement(self) -> Statement:
        """The statement that reads the page; made once, as requests are kept (``api.known``)."""
        return read.items(self.query)

    @cached_property
    def nearby(self) -> Statement | None:
        """The statement that reads a page of few items in a place; ``None`` where it is no such page."""
        return nearby(self.query)


@dataclass(frozen=True)
class ItemRequest:
    """One item as asked for."""

    query: ItemsQuery
    edge: Edge
    format: Format
    language: Language

    def statement(self, fid: str) -> Statement:
        """The statement that reads the item of an identity."""
        form = self._form
        return Statement(form.sql, (fid, *form.params[1:]), form.form)

    @cached_property
    def _form(self) -> Statement:
        return read.item(self.query, "")


def given(query_string: bytes, allowed: Iterable[str]) -> dict[str, str]:
    """The parameters by name; each at most once, each known."""
    known = allowed if isinstance(allowed, frozenset) else frozenset(allowed)
    found: dict[str, str] = {}
    for name, value in _pairs(query_string):
        if name not in known:
            raise BadParameter(
                name[:40] or "(空)",
                f"不存在,可用的有 {'、'.join(sorted(known))}",
                f"is unknown, there are {', '.join(sorted(known))}",
                value=name,
            )
        if name in found:
            raise BadParameter(name, "重复出现", "is given more than once", value=value)
        found[name] = value
    return found


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    """Names and values of a query, as HTML forms write them; what is no escape stays as it is."""
    if not query_string:
        return []
    parts = query_string.split(b"&")
    try:
        if len(parts) > FIELDS_MAX or not query_string.isascii():
            raise ValueError(query_string)
        pairs = [
            (_decoded(name), _decoded(value))
            for name, _, value in (part.partition(b"=") for part in parts if part)
        ]
    except ValueError:
        raise BadParameter(
            "(查询串)",
            "须为百分号编码的 UTF-8,且不多于 64 项",
            "must be percent-encoded UTF-8 of at most 64 parts",
            value=shorten(repr(query_string), 40),
        ) from None
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise BadParameter(name.replace("\0", "")[:40], "含有 NUL 字符", "contains NUL", value=value)
    return pairs


def _decoded(text: bytes) -> str:
    """A run of escapes at a time: the standard library takes one by one, which a text of Chinese feels."""
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return (_ESCAPES.sub(_octets, text) if b"%" in text else text).decode()


def _octets(run: re.Match[bytes]) -> bytes:
    return bytes.fromhex(run[0].decode().replace("%", ""))


def items_request(request: Request, layer: Shown, edges: Edges) -> ItemsRequest:
    """The parameters of ``/collections/{id}/items`` (Part 1, 7.15; Part 2, 6 and 7)."""
    fields = selection.scalars(layer)
    allowed: frozenset[str] | None = layer.derived.get("items")
    if allowed is None:
        allowed = layer.derived["items"] = _OWN | fields.keys()
    parameters = given(request.query_string, allowed)
    edge = edges.find("crs", parameters.get("crs", CRS84))
    at = moment("datetime", parameters.get("datetime"))
    asof = instant("asof", parameters.get("asof"))
    boxes = areas(parameters, edges)
    filters = tuple(
        Filter(fields[name][1], typed(fields[name][0], value))
        for name, value in parameters.items()
        if name in fields and name not in _OWN
    )
    conditions = selection.conditions(layer, parameters, edges)
    query = ItemsQuery(
        table=layer.table,
        areas=boxes,
        at=at,
        asof=asof,
        filters=filters,
        conditions=conditions,
        sort=selection.sort(layer, parameters.get("sortby")),
        limit=_limit(parameters.get("limit")),
        output=selection.output(layer, parameters, edge),
    )
    asked = ItemsRequest(
        query=query,
        edge=edge,
        format=media(request, parameters, negotiate.ITEMS),
        language=language(request, parameters),
        first=True,
        counted=_counted(parameters.get("count")),
        narrowed=bool(boxes or filters or conditions or at is not None or asof is not None),
        kept=tuple((name, value) for name, value in parameters.items() if name not in ("after", "f")),
    )
    return continued(asked, parameters["after"]) if "after" in parameters else asked


def cursor_apart(query_string: bytes) -> tuple[bytes, str | None]:
    """A query without its cursor, and that; a query that is not plain in this stays as it is.

    >>> cursor_apart(b"limit=10&after=WzFd")
    (b'limit=10', 'WzFd')
    >>> cursor_apart(b"after=a&after=b")
    (b'after=a&after=b', None)
    """
    parts = query_string.split(b"&")
    found = [part for part in parts if part.startswith(b"after=")]
    if len(found) != 1 or not found[0].isascii():
        return query_string, None
    try:
        text = unquote_plus(found[0][len(b"after=") :].decode(), errors="strict")
    except UnicodeDecodeError:
        return query_string, None
    return b"&".join(part for part in parts if part is not found[0]), text


def continued(asked: ItemsRequest, after: str) -> ItemsRequest:
    """The page that a cursor leads to, of what was asked for without it."""
    cursor, query = Cursor.parse(after), asked.query
    further = replace(
        query,
        at=cursor.at if query.at is None else query.at,
        asof=cursor.asof,
        after=cursor.after,
        after_keys=selection.after_keys(query.sort, cursor.keys, after),
    )
    return replace(asked, query=further, first=False)


def item_request(request: Request, layer: Shown, edges: Edges) -> ItemRequest:
    """The parameters of ``/collections/{id}/items/{fid}``."""
    parameters = given(request.query_string, ITEM)
    edge = edges.find("crs", parameters.get("crs", CRS84))
    query = ItemsQuery(
        table=layer.table,
        at=moment("datetime", parameters.get("datetime")),
        asof=instant("asof", parameters.get("asof")),
        limit=1,
        output=selection.output(layer, {}, edge),
    )
    kind = media(request, parameters, negotiate.ITEM)
    return ItemRequest(query, edge, kind, language(request, parameters))


def language(request: Request, parameters: Mapping[str, str]) -> Language:
    """``lang`` decides, else ``Accept-Language``; Chinese where both leave it open."""
    wanted = parameters.get("lang")
    if wanted is not None:
        if wanted.lower() in ("zh", "zh-cn", "zh-hans"):
            return "zh"
        if wanted.lower().split("-")[0] == "en":
            return "en"
        raise BadParameter("lang", "须为 zh 或 en", "must be zh or en", value=wanted)
    return spoken(request)


def spoken(request: Request) -> Language:
    """The language of ``Accept-Language``: the first of the two that it names."""
    wanted = request.headers.get(b"accept-language")
    if wanted is None:
        return "zh"
    for part in wanted.decode("latin-1").lower().split(","):
        name = part.split(";")[0].strip()
        if name.startswith("zh"):
            return "zh"
        if name.startswith("en"):
            return "en"
    return "zh"


def moment(parameter: str, text: str | None) -> datetime | Span | None:
    """``datetime``: an instant, a Beijing day, or a closed interval with open ends."""
    if text is None:
        return None
    try:
        interval = parse_interval(text)
    except BadTime as failure:
        _retell(parameter, failure, text)
    whole_day = "T" not in text.rpartition("/")[2].upper()
    if interval.is_instant and not ("/" in text and whole_day):
        return interval.start
    if interval.is_instant:  # a/b of days, b the day before a
        raise BadParameter(
            parameter, "的起点晚于终点", "has an interval that starts after its end", value=text
        )
    return Span(interval.start, interval.end, end_included=not whole_day)


def whole(parameter: str, text: str | None, *, least: int = 1, digits: int = 18) -> int | None:
    """A parameter that is a whole number from ``least`` on, of so many digits at most."""
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else -1
    if number < least:
        raise BadParameter(
            parameter, f"须为不小于 {least} 的整数", f"must be a whole number from {least} on", value=text
        )
    return number


def instant(parameter: str, text: str | None) -> datetime | None:
    """An instant; a calendar day is its beginning in Beijing."""
    if text is None:
        return None
    try:
        return parse_instant(text)
    except BadTime as failure:
        _retell(parameter, failure, text)


def typed(field: Field, text: str) -> Value:
    """A property filter's value in the type of the contract."""
    try:
        value = _READ[field.type](text)
    except (ValueError, OverflowError, BadTime):
        value = None
    if value is None:
        raise BadParameter(
            field.name, f"须为 {field.type} 类型的值", f"must be a value of type {field.type}", value=text
        )
    return value


def _integer(text: str) -> int | None:
    number = int(text) if len(text) <= 20 and text.lstrip("+-").isdecimal() and text.isascii() else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _number(text: str) -> float | None:
    number = float(text) if text.isascii() and "_" not in text and len(text) <= 40 else None
    return number if number is not None and abs(number) <= 1.7e308 else None


_READ: dict[FieldType, Callable[[str], Value | None]] = {
    FieldType.TEXT: lambda text: text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: {"true": True, "false": False}.get,
    FieldType.DATE: lambda text: date.fromisoformat(text) if len(text) == 10 else None,
    FieldType.INSTANT: parse_instant,
}


def areas(parameters: Mapping[str, str], edges: Edges) -> tuple[Area, ...]:
    """The areas of ``bbox``, which is told in the frame of ``bbox-crs``; none where neither is said."""
    box_edge = edges.find("bbox-crs", parameters.get("bbox-crs", CRS84))
    if "bbox" in parameters:
        return crs.areas("bbox", parameters["bbox"], box_edge)
    if "bbox-crs" in parameters:
        raise BadParameter(
            "bbox-crs", "须与 bbox 同用", "makes sense with bbox only", value=parameters["bbox-crs"]
        )
    return ()


def _limit(text: str | None) -> int:
    number = whole("limit", text, digits=12) or LIMIT_DEFAULT
    return min(number, LIMIT_MAX)  # Part 1, 7.15.2: more than the maximum is cut, no error


def _counted(text: str | None) -> bool:
    if text not in (None, "exact"):
        raise BadParameter("count", "只能为 exact", "can be exact only", value=text)
    return text is not None


def _retell(parameter: str, failure: BadTime, text: str) -> NoReturn:
    raise BadParameter(
        parameter,
        failure.zh.removesuffix(f":{failure.value}"),
        "is wrong: " + failure.en.removesuffix(f": {failure.value}"),
        value=text,
    ) from failure


def _micros(moment_: datetime | None) -> int | None:
    return None if moment_ is None else (moment_ - _EPOCH) // timedelta(microseconds=1)


def _instant(micros: object) -> datetime | None:
    if micros is None:
        return None
    if not isinstance(micros, int):
        raise ValueError(micros)
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(BEIJING)
