"""Lists under review 名单待审: a person says what a text means, and the register learns it.

What is accepted becomes an alias of the register in the same transaction, so the
same text is automatic in the next list and is found by every search. Two who
decide the same text at once do not overwrite each other: the second is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from address import identity, review_store
from address.model import AliasKind
from spatial.database import Connection
from spatial.editing import restate_store
from spatial.errors import Conflict, InvalidInput, NotFound, shorten
from spatial.history.model import Intent

ALIAS_MOST: Final = 120
"""Characters of a text that can be learnt; a longer one is decided for its list alone."""


class UnknownTask(NotFound):
    """No such list under review, or none of the asker's department 没有这份名单."""

    code = "unknown-match-task"


class UnknownText(NotFound):
    """No such text in the list 名单里没有这一条."""

    code = "unknown-match-text"


class DecidedMeanwhile(Conflict):
    """Somebody else decided the text first 已被他人处理."""

    code = "match-decided-meanwhile"


class UnusableDecision(InvalidInput):
    """A decision that cannot be taken 处理无效."""

    code = "unusable-match-decision"


class State(StrEnum):
    """Where a text stands 处理状态."""

    PENDING = "pending"  # 待审
    ACCEPTED = "accepted"  # 已确认
    REJECTED = "rejected"  # 无此地址


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a department sees its own lists, the operator of this machine all."""

    department: str | None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A list that was matched."""

    id: str
    name: str
    department: str | None
    subject: str
    register: str
    columns: tuple[str, ...]
    rows: int
    buckets: Mapping[str, int]
    created_at: datetime
    states: Mapping[str, int]
    """How many of its texts stand where."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to decide, for all rows that bear it."""

    number: int
    text: str
    rows: int
    said: str
    """Why it is not automatic."""
    candidates: Sequence[Mapping[str, Any]]
    state: State
    component_id: str | None
    alias_id: str | None
    decided_by: str | None
    decided_at: datetime | None
    version: int
    """Goes up with each decision; who decides names the one they looked at."""


def task(connection: Connection, task_id: str, viewer: Viewer) -> Task:
    """A list; UnknownTask where there is none, or it is another department's."""
    found = review_store.task(connection, task_id)
    if found is None or not (viewer.everything or (viewer.department and found[2] == viewer.department)):
        shown = shorten(task_id, 40)
        raise UnknownTask(
            f"没有这份名单,或不属于本部门:{shown}",
            f"no such list, or not of this department: {shown}",
            value=shown,
        )
    return Task(*found)


def tasks(connection: Connection, viewer: Viewer, limit: int) -> tuple[Task, ...]:
    """The newest lists that the viewer may see."""
    return tuple(
        Task(*row) for row in review_store.tasks(connection, viewer.department, viewer.everything, limit)
    )


def texts(
    connection: Connection, task_id: str, state: State | None, after: int, limit: int
) -> tuple[Text, ...]:
    """Texts of a list in their order, from behind a number on."""
    return tuple(_text(row) for row in review_store.texts(connection, task_id, state, after, limit))


def decide(
    connection: Connection,
    held: Task,
    number: int,
    version: int,
    state: State,
    component_id: str | None,
    intent: Intent,
) -> Text:
    """Take a decision, or take it back (``pending``), inside the caller's transaction.

    Raises UnknownText, DecidedMeanwhile where it no longer is the version that was looked
    at, UnusableDecision where the component is not in the register.
    """
    row = review_store.locked(connection, held.id, number)
    if row is None:
        raise UnknownText(f"名单里没有这一条:{number}", f"the list has no such text: {number}", value=number)
    before = _text(row)
    if before.version != version:
        shown = shorten(before.text, 40)
        raise DecidedMeanwhile(
            f"这一条已被{before.decided_by or '他人'}处理,请刷新后再定:{shown}",
            f"decided meanwhile by {before.decided_by or 'somebody'}; look again: {shown}",
            value=before.version,
            details={"version": before.version, "state": before.state.value},
        )
    if (state is State.ACCEPTED) != (component_id is not None):
        raise UnusableDecision(
            "确认须指明构件,其余不得指明", "accepting names a component, nothing else does", value=state.value
        )
    if component_id is not None and not review_store.stands(connection, component_id):
        shown = shorten(component_id, 60)
        raise UnusableDecision(
            f"登记簿现无此构件,请另选:{shown}",
            f"the register has no such component now; choose another: {shown}",
            value=shown,
        )
    if before.alias_id is not None:
        gone = [{"fid": before.alias_id, "remove": True}]
        restate_store.restate(connection, "address-aliases", intent, gone)
    alias_id = None if component_id is None else _learn(connection, held, before, component_id, intent)
    decided_by = None if state is State.PENDING else intent.author
    return _text(review_store.write(connection, held.id, number, state, component_id, alias_id, decided_by))


def _learn(connection: Connection, held: Task, before: Text, component_id: str, intent: Intent) -> str | None:
    """The alias that says it; none where the text is too long, or the register says so already."""
    if len(before.text) > ALIAS_MOST or review_store.says(connection, before.text, component_id):
        return None
    source = f"{held.id} {before.number} {before.version}"
    key = str(identity.keys(source, "alias", 1)[0].as_py())
    alias = {
        "fid": key,
        "alias_id": key,
        "text": before.text,
        "component_id": component_id,
        "kind": AliasKind.DEPARTMENT.value,
        "source": f"名单复核 {held.name}"[:80],
    }
    restate_store.restate(connection, "address-aliases", intent, created=[alias])
    return key


def _text(row: Sequence[Any]) -> Text:
    number, text, rows, said, candidates, state, *rest = row
    return Text(number, text, rows, said, candidates, State(state), *rest)
