"""Publications and comments as JSON 公示文档: one form for processes and doors. No input or output."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from planning.publication import precision as precisions
from planning.publication.comments import OUTCOMES, STANCES, Comment, masked
from planning.publication.model import STANDING_TITLES, Layer, Publication, Standing
from spatial.datum import format_instant

Document = dict[str, Any]
_EN: Final[Mapping[Standing, str]] = {
    Standing.ANNOUNCED: "announced",
    Standing.OPEN: "open for comment",
    Standing.ENDED: "the period is over",
    Standing.CLOSED: "closed",
    Standing.WITHDRAWN: "withdrawn",
}


def publication(found: Publication, today: date) -> Document:
    """A publication as everybody may see it; of who took its steps, the department alone."""
    standing = found.standing(today)
    return {
        "id": found.id,
        "version": found.version_id,
        "plan": found.plan_id,
        "title": found.title,
        "summary": found.summary,
        "standing": {"id": standing.value, "zh": STANDING_TITLES[standing], "en": _EN[standing]},
        "opens_on": found.opens_on.isoformat(),
        "closes_on": found.closes_on.isoformat(),
        "document": {
            "number": found.paper.number,
            "title": found.paper.title,
            "issued_on": None if found.paper.issued_on is None else found.paper.issued_on.isoformat(),
        },
        "elsewhere": found.elsewhere,
        "department": found.department,
        "datetime": format_instant(found.at),
        "published_at": format_instant(found.published_at),
        "layers": [layer(each) for each in found.layers],
        "steps": [
            {
                "action": each.action.value,
                "closes_on": each.closes_on.isoformat(),
                "department": each.department,
                "note": each.note,
                "recorded_at": format_instant(each.recorded_at),
            }
            for each in found.steps
        ],
        "to_be_checked": precisions.shipped().to_be_checked,
    }


def layer(found: Layer) -> Document:
    """A layer of a publication."""
    title = precisions.TITLES[found.precision]
    return {
        "layer": found.layer,
        "precision": {"id": found.precision.value, "zh": title.zh, "en": title.en},
        "grid_m": found.grid_m if found.precision is precisions.Precision.COARSE else None,
        "features": found.features,
        "classes": list(found.classes),
        "changeset": found.changeset,
        "asof": format_instant(found.asof),
        "sha256": found.sha256,
    }


def comment(found: Comment) -> Document:
    """A comment as everybody may see it: masked, and without who said it."""
    return {
        "id": found.id,
        "stance": _named(STANCES, found.stance),
        "text": masked(found.body),
        "layer": found.layer or None,
        "fid": found.fid or None,
        "geometry": found.geometry,
        "received_at": format_instant(found.received_at),
        "answer": answer(found),
    }


def answer(found: Comment) -> Document | None:
    """What the department answered."""
    if found.outcome is None or found.answered_at is None:
        return None
    return {
        "outcome": _named(OUTCOMES, found.outcome),
        "text": found.answer,
        "department": found.answered_by,
        "answered_at": format_instant(found.answered_at),
    }


def own(found: Comment) -> Document:
    """A comment as who wrote it may see it, by its code."""
    return comment(found) | {"text": found.body, "state": found.state.value, "reason": found.reason}


def officer(found: Comment) -> Document:
    """A comment as the department sees it; with name and contact where these were read."""
    told = own(found) | {"step": found.step}
    if found.person is not None:
        told |= {"name": found.person.name, "contact": found.person.contact}
    return told


def _named(titles: Mapping[Any, Any], value: Any) -> Document:
    return {"id": value.value, "zh": titles[value].zh, "en": titles[value].en}
