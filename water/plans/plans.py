"""Plans drafted, advanced, put to work, confirmed 预案办理: each inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.editing.restate_store import restate
from spatial.history.model import Intent
from water import layer_store
from water.errors import ResponsePlanStep, TriggerNotMet
from water.plans import life, store
from water.plans.content import checked, digest
from water.plans.layers import PLANS
from water.plans.model import Activation, State, Version
from water.plans.triggers import Verdict, judged


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and when."""

    subject: str
    department: str
    at: datetime


def draft(connection: Connection, plan: str, content: Mapping[str, Any], reason: str, by: By) -> Version:
    """Keep a new version of a plan as a draft; one that says just what the newest says is refused."""
    checked(content)
    store.lock(connection, plan)
    held = store.versions(connection, plan)
    sha256 = digest(content)
    if held and held[-1].sha256 == sha256:
        raise ResponsePlanStep(
            f"内容与最新版本 {held[-1].number} 完全相同,不另立新版:{plan}",
            f"it says just what the newest version, {held[-1].number}, says: {plan}",
            value=plan,
        )
    number = held[-1].number + 1 if held else 1
    store.add(connection, plan, number, content, sha256, reason)
    store.step(connection, plan, number, State.DRAFT, by.subject, by.department, "")
    _register(connection, plan, reason, by)
    return store.version(connection, plan, number)


def advance(connection: Connection, plan: str, number: int, to: State, note: str, by: By) -> Version:
    """Take a version its step; what was in force is superseded by what comes into force."""
    store.lock(connection, plan)
    version = store.version(connection, plan, number)
    life.require_step(version, to, by.subject, note)
    store.step(connection, plan, number, to, by.subject, by.department, note)
    if to is State.IN_FORCE:
        for other in store.versions(connection, plan):
            if other.state is State.IN_FORCE and other.number != number:
                told = f"由版本 {number} 取代 superseded by version {number}"
                store.step(connection, plan, other.number, State.SUPERSEDED, by.subject, by.department, told)
    _register(connection, plan, note.strip() or f"版本 {number}:{to.value}", by)
    return store.version(connection, plan, number)


def activate(
    connection: Connection,
    plan: str,
    trigger: str,
    facts: Mapping[str, Any],
    note: str,
    by: By,
    *,
    exercise: bool,
) -> Activation:
    """Put the version in force to work, because a trigger of it is met on these facts.

    TriggerNotMet with what was found of each condition, where it is not met or undecided; also of an
    exercise, whose facts are made for it. ResponsePlanStep while it is at work already, an exercise beside
    the real thing excepted.
    """
    store.lock(connection, plan)
    version = in_force(connection, plan)
    chosen = life.trigger_of(version.content, trigger)
    verdict, found = judged(chosen, facts)
    verdicts = [each.to_json() for each in found]
    if verdict is not Verdict.MET:
        zh = ";".join(each.zh for each in found if each.verdict is not Verdict.MET)
        en = "; ".join(each.en for each in found if each.verdict is not Verdict.MET)
        raise TriggerNotMet(
            f"启动条件{'无法判断' if verdict is Verdict.UNDECIDED else '不成立'}({zh}):{trigger}",
            f"the trigger is {verdict.value} ({en}): {trigger}",
            value=trigger,
            details={"report": {"verdicts": verdicts}},
        )
    life.require_none_open(store.activations(connection, plan), exercise=exercise)
    number = store.activate(
        connection,
        version,
        trigger,
        facts,
        verdicts,
        exercise=exercise,
        activated_at=by.at,
        subject=by.subject,
        department=by.department,
        note=note,
    )
    return store.activation(connection, plan, number)


def confirm(
    connection: Connection,
    plan: str,
    number: int,
    kind: str,
    item: str,
    done_at: datetime,
    note: str,
    by: By,
) -> Activation:
    """Say that a message went out or an action was done; once, between the activation and now."""
    store.lock(connection, plan)
    activation = store.activation(connection, plan, number)
    life.require_open(activation)
    content = store.version(connection, plan, activation.version).content
    if item not in {each["id"] for each in content[kind]}:
        raise store.unknown(f"{plan} {number} {kind} {item}")
    if not activation.activated_at <= done_at <= by.at:
        told = done_at.isoformat()
        raise ResponsePlanStep(
            f"完成时刻须在启动之后、现在之前:{told}",
            f"when it was done must lie between the activation and now: {told}",
            value=told,
        )
    if not store.confirm(connection, number, kind, item, done_at, by.subject, by.department, note):
        raise ResponsePlanStep(f"已确认过:{item}", f"it was confirmed before: {item}", value=item)
    return store.activation(connection, plan, number)


def end(connection: Connection, plan: str, number: int, note: str, by: By) -> Activation:
    """End an activation 终止响应; what was not confirmed by then stays so."""
    store.lock(connection, plan)
    life.require_open(store.activation(connection, plan, number))
    if not note.strip():
        raise ResponsePlanStep(
            f"终止响应须说明依据:{number}",
            f"say on what ground it ends, the note is empty: {number}",
            value=number,
        )
    store.end(connection, number, by.at, by.subject, by.department, note)
    return store.activation(connection, plan, number)


def in_force(connection: Connection, plan: str) -> Version:
    """The version of a plan that is in force; refused where none is."""
    held = store.versions(connection, plan)
    if not held:
        raise store.unknown(plan)
    for each in held:
        if each.state is State.IN_FORCE:
            return store.version(connection, plan, each.number)
    raise ResponsePlanStep(
        f"此预案没有施行中的版本,请先批准并施行:{plan}",
        f"no version of the plan is in force, approve one and put it in force first: {plan}",
        value=plan,
    )


_TICK: Final = timedelta(microseconds=1)


def _register(connection: Connection, plan: str, reason: str, by: By) -> None:
    """Write where a plan stands into its layer: the ledger's chain holds the digest of what is in force."""
    layer_store.lock(connection, PLANS)
    held = store.versions(connection, plan)
    standing = next((each for each in held if each.state is State.IN_FORCE), None)
    row = {
        "fid": plan,
        "plan_id": plan,
        "title": held[-1].content["title"]["zh"],
        "version": held[-1].number,
        "state": held[-1].state.value,
        "in_force": standing.number if standing else None,
        "in_force_sha256": standing.sha256 if standing else None,
        "data_nature": held[-1].content.get("data_nature"),
    }
    newest = layer_store.newest(connection, PLANS, plan)
    begins = by.at if newest is None else max(by.at, newest + _TICK)  # of two at once the later one holds
    intent = Intent(by.subject, by.department, reason, begins.astimezone(BEIJING))
    emptied = ("in_force", "in_force_sha256", "data_nature")
    if newest is not None:
        restate(connection, PLANS, intent, changed=[row], emptied=emptied)
    else:
        restate(connection, PLANS, intent, created=[row])
