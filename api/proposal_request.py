"""Bodies and parameters of proposals, checked: what is wrong is named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from api.problem import BadParameter
from spatial.datum import BEIJING
from spatial.datum.clock import parse_instant
from spatial.errors import BadProposal, shorten
from spatial.proposals.model import State

Document = dict[str, Any]
VERDICTS = {"approve": State.APPROVED, "reject": State.REJECTED}


def object_of(body: bytes) -> Document:
    """The body as a JSON object."""
    try:
        told = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as broken:
        raise BadProposal(
            f"请求体不是 JSON,自第 {broken.pos} 个字符:{broken.msg}",
            f"the body is no JSON from character {broken.pos} on: {broken.msg}",
            value=broken.pos,
        ) from None
    if not isinstance(told, dict):
        kind = type(told).__name__
        raise BadProposal(
            f"请求体须为 JSON 对象:{kind}", f"the body must be a JSON object: {kind}", value=kind
        )
    return told


def text(told: Document, name: str) -> str:
    """A member that must be a text."""
    found = told.get(name)
    if not isinstance(found, str):
        shown = "(无 none)" if found is None else shorten(found, 40)
        raise BadProposal(f"{name} 须为文字:{shown}", f"{name} must be a text: {shown}", value=shown)
    return found


def valid_from(told: Document) -> datetime:
    """From when the proposed state is true; from now on where it is not said, as with an edit."""
    if told.get("valid_from") is not None:
        return parse_instant(text(told, "valid_from"))
    return datetime.now(BEIJING)


def digest(told: Document) -> bytes | None:
    """Of the content a reviewer looked at, where they say it."""
    if told.get("digest") is None:
        return None
    named = text(told, "digest")
    try:
        return bytes.fromhex(named)
    except ValueError:
        shown = shorten(named)
        raise BadProposal(
            f"digest 须为十六进制:{shown}", f"digest must be hexadecimal: {shown}", value=shown
        ) from None


def verdict(told: Document) -> State:
    """What a reviewer decides."""
    named = text(told, "verdict")
    wanted = VERDICTS.get(named)
    if wanted is None:
        shown = shorten(named, 40)
        raise BadProposal(
            f"verdict 须为 approve 或 reject:{shown}",
            f"verdict must be approve or reject: {shown}",
            value=shown,
        )
    return wanted


def state(named: str | None) -> State | None:
    """The parameter ``state``."""
    if named is None:
        return None
    if named not in list(State):
        states = "、".join(State)
        raise BadParameter("state", f"须为 {states} 之一", f"must be one of {', '.join(State)}", value=named)
    return State(named)
