"""The nouns of response plans 预案: versions, steps, activations, confirmations. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]


class State(StrEnum):
    """Where a version stands 预案状态."""

    DRAFT = "draft"
    """草案"""
    APPROVED = "approved"
    """已批准"""
    IN_FORCE = "in-force"
    """已施行"""
    SUPERSEDED = "superseded"
    """已被取代"""
    WITHDRAWN = "withdrawn"
    """已撤回"""


class Channel(StrEnum):
    """How somebody is told 发送渠道."""

    PHONE = "phone"
    SMS = "sms"
    BROADCAST = "broadcast"
    """大喇叭"""
    APP = "app"
    IN_PERSON = "in-person"
    """上门通知"""


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the life of a version, by whom and when."""

    state: State
    subject: str
    department: str
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a plan: its content never changes."""

    plan: str
    number: int
    content: Document
    sha256: str
    reason: str
    steps: tuple[Step, ...]

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.steps[-1].state

    @property
    def author(self) -> str:
        """Who drafted it."""
        return self.steps[0].subject


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Somebody says that a message went out or an action was done 确认."""

    kind: str
    """``messages`` or ``actions``."""
    item: str
    subject: str
    department: str
    note: str
    done_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """A plan was put to work 启动记录."""

    id: int
    plan: str
    version: int
    trigger: str
    facts: Document
    verdicts: tuple[Document, ...]
    exercise: bool
    """演练: nobody is in danger."""
    activated_at: datetime
    subject: str
    department: str
    note: str
    confirmations: tuple[Confirmation, ...]
    ended_at: datetime | None
