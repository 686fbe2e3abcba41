"""Plans and activations as documents 预案文书, for processes and doors alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from spatial.datum import format_instant
from water.plans import life
from water.plans.model import Activation, Version

Document = dict[str, Any]


def listed(one: Version) -> Document:
    """A version without its content."""
    return {
        "plan": one.plan,
        "version": one.number,
        "title": one.content["title"],
        "state": one.state.value,
        "sha256": one.sha256,
        "reason": one.reason,
        "steps": [
            {
                "state": each.state.value,
                "by": each.subject,
                "department": each.department,
                "note": each.note,
                "recorded_at": format_instant(each.recorded_at),
            }
            for each in one.steps
        ],
    }


def version(one: Version) -> Document:
    """A version with its content."""
    return {**listed(one), "content": dict(one.content)}


def headed(one: Activation) -> Document:
    """An activation without what is due."""
    return {
        "activation": one.id,
        "plan": one.plan,
        "version": one.version,
        "trigger": one.trigger,
        "exercise": one.exercise,
        "activated_at": format_instant(one.activated_at),
        "by": one.subject,
        "department": one.department,
        "note": one.note,
        "ended_at": None if one.ended_at is None else format_instant(one.ended_at),
        "confirmed": len(one.confirmations),
    }


def activation(one: Activation, content: Mapping[str, Any], now: datetime) -> Document:
    """An activation with the facts it rests on, and its messages and actions as they stand."""
    at = one.ended_at or now
    return {
        **headed(one),
        "facts": dict(one.facts),
        "verdicts": [dict(each) for each in one.verdicts],
        **_written(life.due(content, one, at)),
    }


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    return format_instant(value) if isinstance(value, datetime) else value
