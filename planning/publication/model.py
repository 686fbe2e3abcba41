"""The nouns of publication 公示: what is shown, its period and its steps. Frozen data, no input or output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from planning.errors import PublicationRefused, UnknownPublication
from planning.plans.life import Paper
from planning.publication.precision import Precision


class Action(StrEnum):
    """A step of a publication."""

    OPENED = "opened"
    """发布"""
    EXTENDED = "extended"
    """延期"""
    CLOSED = "closed"
    """办结: the period is over and what came of it is told"""
    WITHDRAWN = "withdrawn"
    """撤回: it counts for nothing"""
    ERASED = "erased"
    """清除个人信息: nobody's name and contact is kept any longer"""


class Standing(StrEnum):
    """Where a publication stands on a day."""

    ANNOUNCED = "announced"
    """未开始"""
    OPEN = "open"
    """征询中"""
    ENDED = "ended"
    """期满"""
    CLOSED = "closed"
    """已办结"""
    WITHDRAWN = "withdrawn"
    """已撤回"""


STANDING_TITLES: Final = {
    Standing.ANNOUNCED: "未开始",
    Standing.OPEN: "征询中",
    Standing.ENDED: "期满",
    Standing.CLOSED: "已办结",
    Standing.WITHDRAWN: "已撤回",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A layer to be published; no precision means the finest that is allowed."""

    layer: str
    precision: Precision | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be published."""

    version_id: str
    title: str
    closes_on: date
    """Last day of the period, Beijing."""
    paper: Paper
    layers: tuple[Wanted, ...] = ()
    summary: str = ""
    at: datetime | None = None
    """Instant of valid time that is shown; the beginning of the period where nothing is said."""
    elsewhere: str = ""
    """Where it was shown, when that was not on this platform 平台之外的公示."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a publication, pinned: enough to show it again exactly."""

    layer: str
    precision: Precision
    grid_m: float
    fields: tuple[str, ...]
    changeset: int
    asof: datetime
    chain_sha256: str
    features: int
    classes: tuple[dict[str, Any], ...]
    """Features by class of the legend: ``code``, ``zh``, ``en``, ``features``."""
    sha256: str
    """Over all that everybody saw of it, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was done with a publication."""

    number: int
    action: Action
    closes_on: date
    author: str
    department: str
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Publication:
    """A version of a plan as it is shown to everybody 公示."""

    id: int
    version_id: str
    plan_id: str
    title: str
    summary: str
    paper: Paper
    elsewhere: str
    at: datetime
    opens_on: date
    author: str
    department: str
    published_at: datetime
    layers: tuple[Layer, ...]
    steps: tuple[Step, ...]

    @property
    def closes_on(self) -> date:
        """Last day on which comments are taken."""
        return self.steps[-1].closes_on

    def standing(self, today: date) -> Standing:
        """Where it stands on a day of Beijing."""
        actions = {each.action for each in self.steps}
        if Action.WITHDRAWN in actions:
            return Standing.WITHDRAWN
        if Action.CLOSED in actions:
            return Standing.CLOSED
        if today < self.opens_on:
            return Standing.ANNOUNCED
        return Standing.OPEN if today <= self.closes_on else Standing.ENDED

    def layer(self, layer_id: str) -> Layer | None:
        """One of its layers."""
        return next((each for each in self.layers if each.layer == layer_id), None)


_MAY: Final = {
    Action.EXTENDED: frozenset({Standing.ANNOUNCED, Standing.OPEN, Standing.ENDED}),
    Action.CLOSED: frozenset({Standing.ENDED}),
    Action.WITHDRAWN: frozenset({Standing.ANNOUNCED, Standing.OPEN, Standing.ENDED}),
    Action.ERASED: frozenset({Standing.CLOSED, Standing.WITHDRAWN}),
}


def require_step(
    publication: Publication, action: Action, note: str, closes_on: date | None, today: date
) -> date:
    """The last day of the period after a step; PublicationRefused where the step may not be taken."""
    standing = publication.standing(today)
    if action not in _MAY or standing not in _MAY[action]:
        may = [each for each, states in _MAY.items() if standing in states]
        raise PublicationRefused(
            f"公示 {publication.id} 现为“{STANDING_TITLES[standing]}”,"
            f"可办:{'、'.join(may) or '无'};所办:{action}",
            f"publication {publication.id} is {standing}, what may be done is"
            f" {', '.join(may) or 'nothing'}; not {action}",
            value=str(action),
        )
    if not note.strip():
        raise PublicationRefused(
            f"请写明情况,所办:{action}", f"say why, the note is empty: {action}", value=str(action)
        )
    if action is not Action.EXTENDED:
        return publication.closes_on
    if closes_on is None or closes_on <= max(publication.closes_on, today):
        raise PublicationRefused(
            f"延期须晚于今天和原截止日 {publication.closes_on}:{closes_on}",
            f"an extension ends after today and after {publication.closes_on}: {closes_on}",
            value=str(closes_on),
        )
    return closes_on


def unknown(number: int | str) -> UnknownPublication:
    """The refusal of a number that is no publication's."""
    return UnknownPublication(
        f"没有这个公示,请核对编号:{number}", f"no publication of that number: {number}", value=str(number)
    )
