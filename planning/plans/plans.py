"""Plans, their versions and amendments 规划、版本与动态维护: written to the history from a day on.

Every step is one transaction of the caller and one changeset a layer: version, the version it takes
the place of, and where that is asked the content that ends with it move together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from planning.errors import BadAmendment, PlanExists, PlanOvertaken, PlanRefused, UnknownPlan
from planning.plans import store as plans_store
from planning.plans.life import IN_FORCE, TITLES, Life, Paper, Status, Transition, require_heard, shipped
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.editing.restate_store import restate
from spatial.errors import shorten
from spatial.history.model import Changeset, Intent

_PAPER: Final = ("document_no", "document_title", "issued_on", "document_sha256")
VERSIONS: Final = "plan-versions"


@dataclass(frozen=True, slots=True)
class Plan:
    """A territorial plan 国土空间规划."""

    plan_id: str
    name: str
    level: str
    """One of the codes of the layer ``plans``: ``county`` …"""
    kind: str
    """``overall``, ``detailed`` or ``special``."""
    area_code: str = ""
    """Division code 区划代码."""
    horizon: int | None = None
    """Target year 规划期末."""
    data_nature: str = ""
    """``合成数据`` where it is made up."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a plan, with its status at an instant 规划版本."""

    version_id: str
    plan_id: str
    version_no: int
    status: Status
    paper: Paper
    """The document behind the status."""
    supersedes: str
    """The version whose place it takes; empty for the first one."""
    since: datetime
    """From when this status holds."""
    until: datetime | None
    """Until when; None for from then on."""
    plan_name: str = ""

    @property
    def in_force(self) -> bool:
        """Whether is decided by it."""
        return self.status in IN_FORCE


@dataclass(frozen=True, slots=True)
class Moved:
    """One version that moved."""

    version_id: str
    before: Status
    after: Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, or would be."""

    moved: tuple[Moved, ...]
    """The version asked for, and the one whose place it takes."""
    transition: Transition
    ended: Mapping[str, int]
    """Layer → features whose content ended with a version."""
    changesets: Mapping[str, int]
    """Layer → changeset."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """One adjustment of the yearly maintenance 动态维护."""

    whbh: str
    """维护编号, 18 characters at most."""
    version_id: str
    base_version: str
    layer_role: str
    """Layer id, as ``planned-land-use``."""
    added: int
    """调入: features."""
    changed: int
    """属性变更."""
    removed: int
    """调出."""
    whly: str = ""
    """维护理由."""
    jdzbly: str = ""
    """机动指标来源, 10 characters at most."""
    data_nature: str = ""


def make_plan(connection: Connection, plan: Plan, intent: Intent) -> Changeset:
    """Enter a plan; PlanExists where there is one of that identity."""
    _require_new(connection, "plans", plan.plan_id)
    return _created(
        connection, "plans", intent,
        {"plan_id": plan.plan_id, "name": plan.name, "level": plan.level, "kind": plan.kind,
         "area_code": plan.area_code, "horizon": plan.horizon, "data_nature": plan.data_nature},
    )  # fmt: skip


def add_version(
    connection: Connection, plan_id: str, intent: Intent, supersedes: str = "", data_nature: str = ""
) -> Version:
    """The plan's next version, being drawn up 编制, from the intent's day on.

    Raises UnknownPlan where plan or superseded version are not there on that day; PlanRefused where
    the superseded version is of another plan, or ended.
    """
    plans_store.lock(connection)
    day = intent.valid_from
    if not plans_store.holds(connection, "plans", plan_id, day):
        raise _unknown("规划", "plan", plan_id)
    if supersedes:
        base = version_on(connection, supersedes, day)
        if base.plan_id != plan_id or base.status is Status.REPEALED:
            raise PlanRefused(
                f"只能取代同一规划中未废止的版本:{supersedes}",
                f"only a version of the same plan that is not repealed can be superseded: {supersedes}",
                value=supersedes,
            )
    number = plans_store.last_number(connection, plan_id) + 1
    version_id = f"{plan_id}-v{number}"
    _created(
        connection, VERSIONS, intent,
        {"version_id": version_id, "plan_id": plan_id, "version_no": number, "status": Status.DRAFTING.value,
         "supersedes": supersedes, "data_nature": data_nature},
    )  # fmt: skip
    return Version(version_id, plan_id, number, Status.DRAFTING, Paper(), supersedes, day, None)


def advance(
    connection: Connection,
    version_id: str,
    target: Status,
    paper: Paper,
    intent: Intent,
    content_layers: Sequence[str] = (),
    life: Life | None = None,
) -> Outcome:
    """Move a version on, from the intent's day on; and the version whose place it takes, to 废止.

    ``content_layers``: in these layers the features of a version that ends (``plan_version``) end
    with it; elsewhere they stay, until a delivery takes their place.

    Raises UnknownPlan; PlanRefused, which names the status and what may follow, a comment period that
    is not over, or another version in force; PlanOvertaken where something is laid down for a
    later day already.
    """
    plans_store.lock(connection)
    rules, day = life or shipped(), intent.valid_from
    version = version_on(connection, version_id, day)
    transition = rules.move(
        version.status, target, paper, day.astimezone(BEIJING).date(), amending=bool(version.supersedes)
    )
    if transition.comment_period:
        noticed_on = version.since.astimezone(BEIJING).date()
        closes_on = plans_store.comments_until(connection, version_id, noticed_on)
        require_heard(version_id, closes_on, day.astimezone(BEIJING).date())
    moved = [Moved(version_id, version.status, target)]
    if target in rules.supersedes_at and version.status not in IN_FORCE:
        moved += _superseded(connection, version, day)
    _require_not_overtaken(connection, [each.version_id for each in moved], day)
    rows = [{"fid": each.version_id, "status": each.after.value, **_columns(paper)} for each in moved]
    done = {VERSIONS: restate(connection, VERSIONS, intent, changed=rows, emptied=_PAPER)}
    ended: dict[str, int] = {}
    for layer_id in content_layers:
        for each in moved:
            if each.after is Status.REPEALED:
                changeset, count = plans_store.end_content(connection, layer_id, each.version_id, intent)
                done[layer_id], ended[layer_id] = changeset, count
    changesets = {layer: each.id for layer, each in done.items() if each is not None}
    return Outcome(tuple(moved), transition, ended, changesets)


def preview(
    connection: Connection,
    version_id: str,
    target: Status,
    paper: Paper,
    intent: Intent,
    content_layers: Sequence[str] = (),
) -> Outcome:
    """What :func:`advance` would do; everything is done and taken back."""
    with connection.transaction(force_rollback=True):
        return replace(advance(connection, version_id, target, paper, intent, content_layers), changesets={})


def record_amendment(connection: Connection, amendment: Amendment, intent: Intent) -> Changeset:
    """Enter an adjustment of the yearly maintenance; both versions must be there on the intent's day."""
    _require_new(connection, "plan-amendments", amendment.whbh)
    for version in (amendment.version_id, amendment.base_version):
        version_on(connection, version, intent.valid_from)
    for value, most in ((amendment.whbh, 18), (amendment.jdzbly, 10), (amendment.whly, 255)):
        if len(value) > most:
            raise BadAmendment(
                f"超过 {most} 字符:{value}", f"longer than {most} characters: {value}", value=value
            )
    row = {name: getattr(amendment, name) for name in Amendment.__slots__}
    return _created(connection, "plan-amendments", intent, row)


def version_on(connection: Connection, version_id: str, day: datetime) -> Version:
    """A version as it is believed to stand on a day; UnknownPlan where it is not there."""
    found = plans_store.versions(connection, day, None, version_id)
    if not found:
        raise _unknown("规划版本", "version of a plan", version_id)
    return _read(found[0])


def status_at(connection: Connection, at: datetime, asof: datetime | None = None) -> tuple[Version, ...]:
    """Every version with its status at an instant of valid time, as it was believed at ``asof``."""
    return tuple(_read(row) for row in plans_store.versions(connection, at, asof))


def _superseded(connection: Connection, version: Version, day: datetime) -> list[Moved]:
    """The version in force whose place is taken; PlanRefused where another one is in force."""
    found = []
    for other in map(_read, plans_store.versions_of(connection, version.plan_id, day)):
        if other.version_id == version.version_id or not other.in_force:
            continue
        if other.version_id != version.supersedes:
            raise PlanRefused(
                f"同一规划已有有效版本(“{TITLES[other.status]}”),此版本未声明取代它:{other.version_id}",
                f"another version of the plan is in force ({other.status}), and this one does not take its"
                f" place; repeal it or draw up a version that supersedes it: {other.version_id}",
                value=other.version_id,
            )
        found.append(Moved(other.version_id, other.status, Status.REPEALED))
    return found


def _columns(paper: Paper) -> dict[str, Any]:
    issued: date | None = paper.issued_on
    said = (paper.number, paper.title, issued.isoformat() if issued else None, paper.sha256)
    return {name: value or None for name, value in zip(_PAPER, said, strict=True)}


def _read(row: Mapping[str, Any]) -> Version:
    paper = Paper(
        row["document_no"] or "", row["document_title"] or "", row["issued_on"], row["document_sha256"] or ""
    )
    return Version(
        row["version_id"], row["plan_id"], row["version_no"], Status(row["status"]), paper,
        row["supersedes"] or "", row["valid_from"], row["valid_to"], row["plan_name"] or "",
    )  # fmt: skip


def _created(connection: Connection, layer: str, intent: Intent, row: Mapping[str, Any]) -> Changeset:
    key = next(iter(row.values()))
    told = {name: value for name, value in row.items() if value not in ("", None)}
    done = restate(connection, layer, intent, created=[{"fid": key, **told}])
    assert done is not None  # a new feature is a change
    return done


def _require_new(connection: Connection, layer: str, key: str) -> None:
    if plans_store.holds(connection, layer, key, None):
        raise PlanExists(
            f"该标识已存在,请换一个:{key}", f"there is one of this identity already: {key}", value=key
        )


def _require_not_overtaken(connection: Connection, versions: Sequence[str], day: datetime) -> None:
    later = plans_store.later(connection, versions, day)
    if later is not None:
        raise PlanOvertaken(
            f"该版本在此日之后已有办理,请先撤销或改用更晚的日期:{later}",
            f"something is laid down for a later day already; take it back, or choose a later day: {later}",
            value=later,
        )


def _unknown(zh: str, en: str, key: str) -> UnknownPlan:
    return UnknownPlan(
        f"该日没有这个{zh},请核对标识:{shorten(key, 60)}",
        f"no such {en} on that day: {shorten(key, 60)}",
        value=shorten(key, 60),
    )
