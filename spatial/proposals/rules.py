"""The rules of proposals 审核规则: who may take which step, and what a change becomes meanwhile."""

from __future__ import annotations

from spatial.errors import Forbidden, ProposalChanged, ProposalClosed
from spatial.history.conflict import merge
from spatial.proposals.model import Actor, Believed, Proposal, Rebased, Row, State, Values, Verdict

_FOLLOWS: dict[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.APPLIED, State.REJECTED, State.WITHDRAWN}),
    State.REJECTED: frozenset(),
    State.APPLIED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""An approval may be taken back by a rejection as long as nothing is applied."""


def require_step(proposal: Proposal, wanted: State) -> None:
    """The step must follow the state the proposal is in."""
    if wanted not in _FOLLOWS[proposal.state]:
        raise ProposalClosed(
            f"提案 {proposal.id} 现为 {proposal.state},不能再作此处理:{wanted}",
            f"proposal {proposal.id} is {proposal.state}, this step does not follow: {wanted}",
            value=wanted.value,
            details={"state": proposal.state.value},
        )


def require_other_eyes(proposal: Proposal, actor: Actor) -> None:
    """Nobody reviews what they proposed themselves (四眼原则)."""
    if actor.name == proposal.author and not actor.alone:
        raise Forbidden(
            f"提案须由他人审核,不能审核自己的提案:{proposal.id}",
            f"another person must review it, nobody reviews their own proposal: {proposal.id}",
            value=proposal.id,
        )


def require_author(proposal: Proposal, actor: Actor) -> None:
    """Only who proposed it takes a proposal back."""
    if actor.name != proposal.author and not actor.alone:
        raise Forbidden(
            f"只有提案人可以撤回,审核人请改为驳回:{proposal.id}",
            f"only its author withdraws a proposal, a reviewer rejects it: {proposal.id}",
            value=proposal.id,
        )


def require_same_content(proposal: Proposal, digest: bytes) -> None:
    """A review or an approval must be about exactly the content there is."""
    if digest != proposal.digest:
        shown = digest.hex()[:16]
        raise ProposalChanged(
            f"提案 {proposal.id} 的内容与所审内容不同,请重新审阅:{shown}",
            f"the content of proposal {proposal.id} is not what was reviewed, look again: {shown}",
            value=shown,
        )


def rebase(row: Row, theirs: Believed | None) -> Rebased:
    """A proposed change on top of what is believed now; ``theirs`` is ``None`` where nothing is."""
    now = None if theirs is None else theirs.values
    base = None if row.base is None else row.base.values
    mine = row.mine
    moved = not _same(base, now)
    if mine is None or now is None:
        if _same(mine, now):
            return Rebased(row, Verdict.DONE, theirs, mine)
        return Rebased(row, Verdict.CLASH if moved else Verdict.STANDS, theirs, mine)
    merged = merge(base or {}, mine, now)
    if not merged.clean:
        return Rebased(row, Verdict.CLASH, theirs, merged.values, merged.clashing)
    if _same(merged.values, now):
        return Rebased(row, Verdict.DONE, theirs, now)
    return Rebased(row, Verdict.MERGED if moved else Verdict.STANDS, theirs, merged.values)


def _same(one: Values | None, other: Values | None) -> bool:
    """Equal values; a field that is not there yet is one without a value."""
    if one is None or other is None:
        return one is other
    return all(one.get(name) == other.get(name) for name in {*one, *other})
