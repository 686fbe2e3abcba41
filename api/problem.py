"""Errors as problem details (RFC 9457), in Chinese and English.

The one place where a kind of error becomes an HTTP status.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

import orjson
import psycopg
from psycopg import errors as pg

from api.wire import Reply
from spatial.errors import (
    Conflict,
    EnvironmentProblem,
    FeatureRejected,
    Forbidden,
    IntegrityBroken,
    InvalidInput,
    NotFound,
    OneMapError,
    Refused,
    StaleVersion,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    VersionNotNamed,
    shorten,
)
from spatial.jobs.errors import ResultExpired
from spatial.observe.away import PeriodAway

LOG = logging.getLogger("onemap.api")
RETRY_AFTER_S = 1


class BadParameter(InvalidInput):
    """A query parameter that is unknown, or whose value cannot be taken."""

    code = "bad-parameter"

    def __init__(
        self, parameter: str, zh: str, en: str, *, value: str, position: int | str | None = None
    ) -> None:
        """``position`` is the place of what is wrong within a long value; the sentences name it then."""
        shown = shorten(value)
        tails = (f":{shown}", f": {shown}") if position is None and shown else ("", "")
        super().__init__(
            f"参数 {parameter} {zh}{tails[0]}",
            f"parameter {parameter} {en}{tails[1]}",
            value=shown,
            details={"parameter": parameter} | ({} if position is None else {"position": position}),
        )


class NoSuchPage(NotFound):
    """No resource at this address."""

    code = "no-such-resource"


class NoSuchItem(NotFound):
    """No feature of this identity is valid at the instant asked for."""

    code = "no-such-item"


class MethodNotAllowed(InvalidInput):
    """The resource exists and does not know this method."""

    code = "method-not-allowed"


class NotAcceptable(InvalidInput):
    """None of the media types asked for can be made."""

    code = "not-acceptable"


class UnsupportedCoding(InvalidInput):
    """A request body is compressed; what it unpacks to could not be bounded by its size."""

    code = "unsupported-content-coding"


class UnsupportedMedia(InvalidInput):
    """A body of a media type that this method does not take."""

    code = "unsupported-media-type"


class TooSlow(TooLarge):
    """A request body did not arrive in time."""

    code = "request-timeout"


class HeadersTooLarge(TooLarge):
    """Request line and headers exceed the limit."""

    code = "headers-too-large"


class AddressTooLong(TooLarge):
    """The request target exceeds the limit."""

    code = "uri-too-long"


class RangeNotSatisfiable(InvalidInput):
    """A range of bytes that lies behind the end."""

    code = "range-not-satisfiable"


class OriginalGone(NotFound):
    """A catalogued file that is not there any more, or is another one now."""

    code = "original-gone"


_STATUS: tuple[tuple[type[OneMapError], HTTPStatus], ...] = (
    (MethodNotAllowed, HTTPStatus.METHOD_NOT_ALLOWED),
    (NotAcceptable, HTTPStatus.NOT_ACCEPTABLE),
    (UnsupportedCoding, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (TooSlow, HTTPStatus.REQUEST_TIMEOUT),
    (HeadersTooLarge, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (AddressTooLong, HTTPStatus.REQUEST_URI_TOO_LONG),
    (UnsupportedMedia, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (RangeNotSatisfiable, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    (FeatureRejected, HTTPStatus.UNPROCESSABLE_ENTITY),
    (VersionNotNamed, HTTPStatus.PRECONDITION_REQUIRED),
    (StaleVersion, HTTPStatus.PRECONDITION_FAILED),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (InvalidInput, HTTPStatus.BAD_REQUEST),
    (Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ResultExpired, HTTPStatus.GONE),
    (OriginalGone, HTTPStatus.GONE),
    (PeriodAway, HTTPStatus.GONE),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (IntegrityBroken, HTTPStatus.INTERNAL_SERVER_ERROR),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (EnvironmentProblem, HTTPStatus.SERVICE_UNAVAILABLE),
)
_TITLES: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "请求有误",
    HTTPStatus.UNAUTHORIZED: "需要认证",
    HTTPStatus.FORBIDDEN: "无权",
    HTTPStatus.NOT_FOUND: "没有找到",
    HTTPStatus.METHOD_NOT_ALLOWED: "不支持此方法",
    HTTPStatus.NOT_ACCEPTABLE: "没有所要的格式",
    HTTPStatus.REQUEST_TIMEOUT: "请求超时",
    HTTPStatus.CONFLICT: "状态已变",
    HTTPStatus.GONE: "已过期",
    HTTPStatus.PRECONDITION_FAILED: "版本已变",
    HTTPStatus.PRECONDITION_REQUIRED: "须注明所依据的版本",
    HTTPStatus.TOO_MANY_REQUESTS: "超出配额",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "内容过大",
    HTTPStatus.REQUEST_URI_TOO_LONG: "地址过长",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "不支持的编码或格式",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "范围越界",
    HTTPStatus.UNPROCESSABLE_ENTITY: "无法照办",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "请求头过大",
    HTTPStatus.INTERNAL_SERVER_ERROR: "服务器内部错误",
    HTTPStatus.SERVICE_UNAVAILABLE: "服务暂不可用",
}


_PROCESSES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
STANDARD_TYPES = {
    name: f"{_PROCESSES}/{name}" for name in ("no-such-process", "no-such-job", "result-not-ready")
}
"""Errors whose type a standard names."""


def status_of(error: OneMapError) -> HTTPStatus:
    """The HTTP status of an error, by its kind."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(error: OneMapError, language: str = "zh") -> Reply:
    """The reply for an error. ``detail`` is in the reader's language; both are always there."""
    status = status_of(error)
    document: dict[str, object] = {
        "type": STANDARD_TYPES.get(error.code) or f"urn:onemap:problem:{error.code}",
        "title": _TITLES[status] if language == "zh" else status.phrase,
        "status": int(status),
        "detail": error.zh if language == "zh" else error.en,
        "code": error.code,
        "value": error.value
        if isinstance(error.value, str | int | float | bool | None)
        else str(error.value),
        "zh": error.zh,
        "en": error.en,
        **error.details,
    }
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    if isinstance(error, TooMany):
        headers.append((b"retry-after", str(error.details.get("retry_after_s", RETRY_AFTER_S)).encode()))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Bearer realm="onemap"'))
    return Reply(int(status), headers, orjson.dumps(document))


def from_exception(failure: Exception) -> OneMapError:
    """What any exception of a handler means to the asker; database text never leaves the server."""
    match failure:
        case OneMapError():
            return failure
        case pg.QueryCanceled():
            return Unavailable(
                "查询用时超过限额,请缩小范围或减少条件后重试",
                "the query ran longer than allowed; narrow the area or the filters and try again",
            )
        case pg.UndefinedTable() | pg.InvalidSchemaName():
            return NoSuchPage(
                "图层刚被撤下或尚未建好,请稍后重试",
                "the layer was just withdrawn or is not ready; try again later",
            )
        case pg.DataError() | pg.ProgramLimitExceeded():
            return InvalidInput(
                "请求中的值超出数据库可表示的范围",
                "a value of the request is outside what can be represented",
            )
        case pg.InternalError_() if "GEOS" in str(failure):
            return Refused(
                "图层中有无效的几何,这种空间关系无法判定,请改用 S_INTERSECTS",
                "the layer holds geometries that are not valid, so this relation is not decidable;"
                " use S_INTERSECTS",
            )
        case psycopg.OperationalError() | psycopg.InterfaceError() | pg.InsufficientResources():
            return Unavailable(
                "数据库暂不可用,请稍后重试", "the database does not answer now; try again later"
            )
        case _:
            LOG.error("unexpected failure", exc_info=failure)
            return OneMapError("服务器内部错误,已记入日志", "an internal error, written to the log")
