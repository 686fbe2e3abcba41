"""The rules of proposals 审核规则: who may take which step, and what a change becomes meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from spatial.errors import Forbidden, ProposalChanged, ProposalClosed, ProposalOutdated
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


def require_sight(proposal: Proposal, rows: Iterable[Row], visible: Collection[str]) -> None:
    """Nobody approves or applies what they may not see; which parts these are is not said."""
    if any(changes_unseen(row, visible) for row in rows):
        raise Forbidden(
            f"提案含有您无权查看的部分,须由有权查看全部内容的审核人处理:{proposal.id}",
            "the proposal has parts that you may not see, a reviewer who may see all of it has to decide:"
            f" {proposal.id}",
            value=proposal.id,
        )


def require_contract(proposal: Proposal, rows: Iterable[Row], names: Collection[str]) -> None:
    """What is proposed must be of the fields that the layer has by now; which it lacks is not said."""
    known = {"geom", *names}
    said = (pair for row in rows for pair in (row.mine or {}).items())
    if any(value is not None and name not in known for name, value in said):
        raise outdated(proposal)


def outdated(proposal: Proposal) -> ProposalOutdated:
    """The error where a proposal does not fit the layer's contract any more."""
    return ProposalOutdated(
        f"图层 {proposal.layer} 的契约已变,提案不再适用,请驳回并据现状重新提出:{proposal.id}",
        f"the contract of {proposal.layer} has changed and the proposal fits it no more; reject it and"
        f" propose again: {proposal.id}",
        value=proposal.id,
    )


def changes_unseen(row: Row, visible: Collection[str]) -> bool:
    """Whether a row changes a field that is not visible. Of a feature that is retired all is told."""
    if row.mine is None:
        return False
    base: Values = {} if row.base is None else row.base.values
    hidden = {*base, *row.mine} - {"geom", *visible}
    return any(base.get(name) != row.mine.get(name) for name in hidden)


def require_same_content(proposal: Proposal, digest: bytes) -> None:
    """A review or an approval must be about exactly the content there is."""
    if digest != proposal.digest:
        raise other_content(proposal, digest)


def other_content(proposal: Proposal, digest: bytes) -> ProposalChanged:
    """The error where a digest is not of the content there is."""
    shown = digest.hex()[:16]
    return ProposalChanged(
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


def overtaken(one: Rebased, later: Believed | None) -> Rebased:
    """A clash where somebody stated meanwhile what holds from a later instant on: to merge both is theirs."""
    if later is None or one.verdict in (Verdict.DONE, Verdict.CLASH):
        return one
    base: Values = {} if one.row.base is None else one.row.base.values
    mine: Values = one.row.mine or {}
    both = (name for name in mine if base.get(name) not in (mine[name], later.values.get(name)))
    return Rebased(one.row, Verdict.CLASH, later, one.values, tuple(both))


def _same(one: Values | None, other: Values | None) -> bool:
    """Equal values; a field that is not there yet is one without a value."""
    if one is None or other is None:
        return one is other
    return all(one.get(name) == other.get(name) for name in {*one, *other})
