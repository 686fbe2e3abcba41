"""The query parameters of the list of jobs (OGC API Processes Part 1, job list)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from api.executions import OFFERED
from api.parameters import moment, whole
from api.problem import BadParameter
from spatial.access.model import Origin, Principal
from spatial.errors import Unauthenticated
from spatial.history.read import Span
from spatial.jobs import store
from spatial.jobs.model import State
from spatial.jobs.store import Listing

JOBS = ("type", "processID", "status", "datetime", "minDuration", "maxDuration", "limit", "before")
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000


def listing(parameters: Mapping[str, str], principal: Principal) -> Listing:
    """Which jobs are asked for; one more than the page holds tells whether more follow."""
    if parameters.get("type", "process") != "process":
        raise BadParameter("type", "只能为 process", "can be process only", value=parameters["type"])
    local = principal.origin is Origin.LOCAL
    if not local and principal.department is None:
        raise Unauthenticated("任务列表须先认证:/jobs", "to list jobs say who you are: /jobs", value="/jobs")
    created_from, created_to = _created(parameters.get("datetime"))
    limit = min(whole("limit", parameters.get("limit"), digits=9) or LIMIT_DEFAULT, LIMIT_MAX)
    return Listing(
        department=principal.department,
        everyones=local,
        processes=several(parameters, "processID", tuple(OFFERED)),
        states=tuple(State(each) for each in several(parameters, "status", tuple(State))),
        created_from=created_from,
        created_to=created_to,
        shortest_s=_seconds(parameters, "minDuration"),
        longest_s=_seconds(parameters, "maxDuration"),
        before=_identity(parameters.get("before")),
        limit=limit + 1,
    )


def _identity(text: str | None) -> str | None:
    if text is not None and not store.is_identity(text):
        raise BadParameter(
            "before", "不是任务标识,请使用 next 链接", "is no job id; follow the next link", value=text
        )
    return text


def several(parameters: Mapping[str, str], name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Those that a parameter names, each known; BadParameter."""
    if name not in parameters:
        return ()
    found = tuple(parameters[name].split(","))
    for each in found:
        if each not in known:
            raise BadParameter(
                name, f"须为 {'、'.join(known)} 之一或多个", f"must be of {', '.join(known)}", value=each
            )
    return found


def _created(text: str | None) -> tuple[datetime | None, datetime | None]:
    match moment("datetime", text):
        case Span(start, end):
            return start, end
        case instant:
            return instant, instant


def _seconds(parameters: Mapping[str, str], name: str) -> int | None:
    return whole(name, parameters.get(name), least=0, digits=9)
