"""Lists under review 名单复核: what there is to decide, and deciding it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from starlette.routing import Route

from address import review
from address.review import State, Task, Text, UnknownTask, Viewer
from api.address.asked import answer, whole_of
from api.address.register import Registers
from api.catalogue import Catalogue
from api.desk import Desk
from api.door import post_route, route
from api.edit_request import who
from api.parameters import given, language
from api.problem import BadParameter
from api.proposal_request import object_of
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal, Right
from spatial.database import Connection
from spatial.datum.clock import BEIJING, beijing_day, format_instant
from spatial.errors import shorten
from spatial.history.model import Intent

ALIASES: Final = "address-aliases"
LISTED_MOST: Final = 100
_STATES: Final = {"accept": State.ACCEPTED, "reject": State.REJECTED, "undo": State.PENDING}


class Matches:
    """The handlers of ``/v1/matches``."""

    def __init__(self, registers: Registers, catalogue: Catalogue, desk: Desk, edits: Desk) -> None:
        self._registers = registers
        self._catalogue = catalogue
        self._desk = desk
        self._edits = edits

    def routes(self) -> list[Route]:
        """Lists, their texts, a decision."""
        return [
            route("/v1/matches", self.tasks),
            route("/v1/matches/{task}", self.task),
            route("/v1/matches/{task}/texts", self.texts),
            post_route("/v1/matches/{task}/texts/{number}", self.decide),
        ]

    async def tasks(self, request: Request) -> Reply:
        """``/v1/matches``: the newest lists of the asker's department."""
        parameters = given(request.query_string, ("size", "lang"))
        language(request, parameters)
        size = whole_of(parameters, "size", 20, LISTED_MOST)
        self._registers.admit(request.principal)
        viewer = _viewer(request.principal)
        found = await self._desk.run(lambda connection: review.tasks(connection, viewer, size))
        return answer(request, {"tasks": [_told(each) for each in found]}, len(found))

    async def task(self, request: Request) -> Reply:
        """``/v1/matches/{task}``: one list, and how its texts stand."""
        language(request, given(request.query_string, ("lang",)))
        return answer(request, _told(await self._task(request)))

    async def texts(self, request: Request) -> Reply:
        """``/v1/matches/{task}/texts?state=pending``: texts to decide, from behind a number on."""
        parameters = given(request.query_string, ("state", "after", "size", "lang"))
        language(request, parameters)
        size = whole_of(parameters, "size", 20, LISTED_MOST)
        after = whole_of(parameters, "after", 0, 999_999, least=0)
        state = _state(parameters.get("state"))
        held = await self._task(request)
        found = await self._desk.run(lambda connection: review.texts(connection, held.id, state, after, size))
        following = found[-1].number if len(found) == size else None
        document = {"task": held.id, "texts": [_text(each) for each in found], "after": following}
        return answer(request, document, len(found))

    async def decide(self, request: Request) -> Reply:
        """``POST /v1/matches/{task}/texts/{number}``: accept a component, reject, or undo.

        The body names the version that was looked at, and ``accept`` (a component), ``reject``
        or ``undo`` (true).
        """
        language(request, given(request.query_string, ("lang",)))
        self._catalogue.get(ALIASES, request.principal).require(Right.EDIT, request.principal)
        number = whole_of(request.path_params, "number", 0, 999_999)
        version, state, component = _decision(object_of(await request.body()))
        held = await self._task(request)
        intent = _intent(request.principal, held)
        work = partial(_decided, held=held, number=number, version=version, state=state)
        text = await self._edits.run(partial(work, component=component, intent=intent))
        return answer(request, _text(text), 1)

    async def _task(self, request: Request) -> Task:
        self._registers.admit(request.principal)
        task_id, viewer = request.path_params["task"], _viewer(request.principal)
        try:
            UUID(task_id)
        except ValueError:
            shown = shorten(task_id, 40)
            raise UnknownTask(
                f"没有这份名单:{shown}",
                f"no such list: {shown}",
                value=shown,
            ) from None
        return await self._desk.run(lambda connection: review.task(connection, task_id, viewer))


def _decided(
    connection: Connection,
    *,
    held: Task,
    number: int,
    version: int,
    state: State,
    component: str | None,
    intent: Intent,
) -> Text:
    return review.decide(connection, held, number, version, state, component, intent)


def _viewer(principal: Principal) -> Viewer:
    return Viewer(principal.department, principal.origin is Origin.LOCAL)


def _state(said: str | None) -> State | None:
    if said is None:
        return None
    try:
        return State(said)
    except ValueError:
        names = "、".join(State)
        raise BadParameter("state", f"可用的有 {names}", f"knows {', '.join(State)}", value=said) from None


def _decision(body: dict[str, Any]) -> tuple[int, State, str | None]:
    chosen = [name for name in _STATES if name in body]
    version = body.get("version")
    if len(chosen) != 1 or set(body) != {"version", *chosen} or not isinstance(version, int):
        raise review.UnusableDecision(
            "请求体须有 version 和 accept、reject、undo 之一",
            "the body has version and one of accept, reject, undo",
            value=sorted(body)[:10],
        )
    (name,) = chosen
    if name == "accept":
        if not isinstance(body[name], str) or not 0 < len(body[name]) <= 60:
            raise review.UnusableDecision(
                "accept 须为构件标识", "accept is a component's key", value=body[name]
            )
        return version, _STATES[name], body[name]
    if body[name] is not True:
        raise review.UnusableDecision(f"{name} 须为 true", f"{name} is true", value=body[name])
    return version, _STATES[name], None


def _intent(principal: Principal, held: Task) -> Intent:
    author, department = who(principal)
    today = beijing_day(datetime.now(BEIJING).date()).start
    assert today is not None
    return Intent(author, department, f"名单复核:{held.name}"[:200], today)


def _told(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "name": task.name,
        "department": task.department,
        "register": task.register,
        "columns": task.columns,
        "rows": task.rows,
        "buckets": task.buckets,
        "states": {state.value: task.states.get(state.value, 0) for state in State},
        "created_at": format_instant(task.created_at),
    }


def _text(text: Text) -> dict[str, Any]:
    return {
        "number": text.number,
        "text": text.text,
        "rows": text.rows,
        "said": text.said,
        "candidates": text.candidates,
        "state": text.state.value,
        "component": text.component_id,
        "learnt": text.alias_id is not None,
        "decided_by": text.decided_by,
        "decided_at": None if text.decided_at is None else format_instant(text.decided_at),
        "version": text.version,
    }
