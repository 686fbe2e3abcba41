"""Recording and choosing claims 主张的登记与采用: one changeset, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spatial.database import Connection
from spatial.editing.restate_store import restate
from spatial.errors import shorten
from spatial.history.model import Changeset, Intent
from water import layer_store
from water.errors import ClaimRefused, UnknownClaim
from water.moment import Moment
from water.works import claim_store
from water.works.claim import Answered, Claim, Standing, answered
from water.works.layers import CHOICES, CLAIMS


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of claims that were handed in."""

    entered: tuple[str, ...]
    """New ones."""
    restated: tuple[str, ...]
    """There already, with another standing or note from now on."""
    repeated: tuple[str, ...]
    """There already, just so."""
    changeset: Changeset | None


def record(connection: Connection, claims: Sequence[Claim], intent: Intent) -> Recorded:
    """Enter claims; of one that is there only its standing and note can change.

    ClaimRefused where one comes twice with different standings, or stands on the register from a later
    day on only.
    """
    wanted: dict[str, Claim] = {}
    for each in claims:
        if wanted.setdefault(each.id, each) != each:
            raise ClaimRefused(
                f"同一主张出现两次而核实状态或备注不同,请只留一条:{each.id}",
                f"one claim comes twice with different standings or notes, keep one: {each.id}",
                value=each.id,
            )
    layer_store.lock(connection, CLAIMS)
    _require_last(connection, CLAIMS, list(wanted), intent)
    held = claim_store.by_id(connection, list(wanted), Moment(intent.valid_from))
    new = {key: each for key, each in wanted.items() if key not in held}
    other = {key: each for key, each in wanted.items() if key in held and held[key].claim != each}
    changeset = restate(
        connection,
        CLAIMS,
        intent,
        changed=[
            {"fid": key, "standing": each.standing.value, "note": each.note or None}
            for key, each in other.items()
        ],
        created=[{"fid": key, **each.row()} for key, each in new.items()],
        emptied=("note",),
    )
    same = tuple(key for key in wanted if key not in new and key not in other)
    return Recorded(tuple(new), tuple(other), same, changeset)


def choose(connection: Connection, claim_id: str, reason: str, intent: Intent) -> Changeset | None:
    """Show this claim wherever its question is answered, from the intent's day on.

    UnknownClaim where there is none; ClaimRefused for one that was withdrawn, without a reason, or where
    a choice is laid down for a later day already.
    """
    found = claim_store.by_id(connection, [claim_id], Moment(intent.valid_from)).get(claim_id)
    if found is None:
        raise unknown(claim_id)
    if found.claim.standing is Standing.WITHDRAWN:
        raise ClaimRefused(
            f"主张已撤回,不能采用,请另选:{claim_id}",
            f"the claim was withdrawn and cannot be chosen, choose another: {claim_id}",
            value=claim_id,
        )
    if not reason.strip():
        raise ClaimRefused(
            f"采用一条主张须说明理由:{claim_id}", f"say why this claim is chosen: {claim_id}", value=claim_id
        )
    question = found.claim.question
    layer_store.lock(connection, CHOICES)
    _require_last(connection, CHOICES, [question.choice_id], intent)
    row = {
        "fid": question.choice_id,
        "choice_id": question.choice_id,
        "subject": question.subject,
        "property": question.attribute,
        "scope": question.scope or None,
        "applies_to": question.applies_to or None,
        "claim_id": claim_id,
        "reason": reason.strip(),
    }
    there = claim_store.choices(connection, [question.subject], Moment(intent.valid_from))
    if question in there:
        return restate(connection, CHOICES, intent, changed=[row])
    return restate(connection, CHOICES, intent, created=[row])


def of_subject(connection: Connection, subject: str, moment: Moment) -> tuple[Answered, ...]:
    """All that is claimed of a subject, by question, with what was chosen."""
    held = claim_store.claims(connection, [subject], moment)
    return answered(held, claim_store.choices(connection, [subject], moment))


def _require_last(connection: Connection, layer: str, keys: Sequence[str], intent: Intent) -> None:
    """What somebody has laid down for a later day is not overwritten unseen."""
    overtaken = layer_store.later(connection, layer, keys, intent.valid_from)
    if overtaken is not None:
        raise ClaimRefused(
            f"在此日之后已有登记或采用,请改用更晚的日期:{overtaken}",
            f"something is laid down for a later day already, give a later day: {overtaken}",
            value=overtaken,
        )


def unknown(claim_id: str) -> UnknownClaim:
    """No such claim."""
    shown = shorten(claim_id, 60)
    return UnknownClaim(f"没有这条主张:{shown}", f"there is no such claim: {shown}", value=shown)
