"""Whether those a proposal rests on still may 提案人与审核人的现行权限.

Between the proposal, its approval and its application weeks may pass, in which a
grant ends, a key is revoked or a layer is shared no more. What is applied enters
history in its author's name, upon somebody's approval: at that moment the author
must still be one who may edit the layer, and the approver one who may review it.

Somebody with a key stands as long as one of their keys does: a key that was
replaced ends nothing. What roles a token carries is known at its request alone;
of its holder the department's rights are looked at. Whoever administers the
installation is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spatial.access import store as access
from spatial.access.keys import Key
from spatial.access.model import Origin, Principal, Right, Role
from spatial.access.rules import rights
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import Forbidden, ProposalUnsupported
from spatial.proposals.model import Actor, Proposal, State, Step


@dataclass(frozen=True, slots=True)
class _Who:
    """Somebody who took a step, or takes one now."""

    name: str
    department: str
    origin: Origin | None
    credential: str | None = None
    """Where it is that key which must hold, not another of theirs."""


class Ended(StrEnum):
    """What somebody lacks by now."""

    KEY = "no-key"
    RIGHT = "no-right"


def require(conn: Connection, proposal: Proposal) -> None:
    """Refuse (ProposalUnsupported) to apply what its author or its approver may not do any more."""
    require_author(conn, proposal)
    ended = _ended(conn, _contract(conn, proposal), _who(proposal.steps[-1]), Right.REVIEW)
    if ended is not None:
        raise _approval_gone(proposal, ended)


def require_author(conn: Connection, proposal: Proposal) -> None:
    """Refuse (ProposalUnsupported) what its author may not do any more."""
    contract = _contract(conn, proposal)
    ended = _ended(conn, contract, _who(proposal.steps[0]), Right.EDIT)
    if ended is not None:
        raise _author_gone(proposal, contract, ended)


def approval_ended(conn: Connection, proposal: Proposal) -> bool:
    """Whether it is approved, by somebody who may not review any more."""
    if proposal.state is not State.APPROVED:
        return False
    return _ended(conn, _contract(conn, proposal), _who(proposal.steps[-1]), Right.REVIEW) is not None


def require_actor(conn: Connection, proposal: Proposal, actor: Actor, right: Right) -> None:
    """Refuse (Forbidden) a step to who may not take it any more, however lately that came about.

    A server hears of a grant that ends a moment later; here it is read where the step is kept.
    """
    who = _Who(actor.name, actor.department, actor.origin, actor.credential)
    if _ended(conn, _contract(conn, proposal), who, right) is not None:
        raise Forbidden(
            f"您对图层 {proposal.layer} 已无此项权限({right.value}),提案未作处理:{proposal.id}",
            f"this right ({right.value}) on layer {proposal.layer} is yours no more, nothing was done with"
            f" the proposal: {proposal.id}",
            value=proposal.id,
        )


def _contract(conn: Connection, proposal: Proposal) -> Contract:
    return catalogue.get(conn, proposal.layer).contract


def _who(step: Step) -> _Who:
    return _Who(step.author, step.department, step.origin)


def _ended(conn: Connection, contract: Contract, who: _Who, right: Right) -> Ended | None:
    """What somebody lacks now to hold a right; None where nothing."""
    if who.origin in (Origin.LOCAL, Origin.OPERATOR):
        return None
    now = datetime.now(BEIJING)
    roles = frozenset(Role)
    if who.origin is Origin.KEY:
        theirs = [key for key in access.all_keys(conn) if _is_of(key, who) and key.holds(now)]
        if not theirs:
            return Ended.KEY
        roles = frozenset(role for key in theirs for role in key.roles)
    somebody = Principal(who.name, who.department, roles, Origin.KEY)
    granted = access.admissions(conn).granted(contract.id, who.department, now)
    return None if right in rights(somebody, contract, granted) else Ended.RIGHT


def _is_of(key: Key, who: _Who) -> bool:
    if who.credential is not None:
        return key.shown == who.credential
    return (key.subject, key.department) == (who.name, who.department)


def _author_gone(proposal: Proposal, contract: Contract, ended: Ended) -> ProposalUnsupported:
    step, number = proposal.steps[0], proposal.id
    if ended is Ended.KEY:
        why = "的密钥均已撤销或到期", "has no key any more, all were revoked or have expired"
        mend = "请安全管理员为其换发密钥", "let the security administrator give them a new key"
    else:
        why = f"已无权编辑图层 {contract.id}", f"may not edit layer {contract.id} any more"
        mend = (
            f"请主管部门 {contract.steward} 重新授权",
            f"let the steward {contract.steward} grant it again",
        )
    return ProposalUnsupported(
        f"提案 {number} 未入库,提案人 {step.author}({step.department}){why[0]};{mend[0]},"
        f"或驳回后由有编辑权的人据 /proposals/{number}/changes 重新提出:{step.author}",
        f"proposal {number} is not taken: its author {step.author} ({step.department}) {why[1]}; {mend[1]},"
        f" or reject it and let somebody who may edit propose anew what /proposals/{number}/changes tells:"
        f" {step.author}",
        value=step.author,
        details=_details("author", step, Right.EDIT, ended),
    )


def _approval_gone(proposal: Proposal, ended: Ended) -> ProposalUnsupported:
    step, number = proposal.steps[-1], proposal.id
    if ended is Ended.KEY:
        why = "的密钥均已撤销或到期", "has no key any more, all were revoked or have expired"
    else:
        why = f"已无权审核图层 {proposal.layer}", f"may not review layer {proposal.layer} any more"
    return ProposalUnsupported(
        f"提案 {number} 未入库,审核人 {step.author}({step.department}){why[0]};"
        f"请由有审核权的人再次批准后入库:{step.author}",
        f"proposal {number} is not applied: its approver {step.author} ({step.department}) {why[1]};"
        f" let somebody who may review approve it again, then apply it: {step.author}",
        value=step.author,
        details=_details("approver", step, Right.REVIEW, ended),
    )


def _details(who: str, step: Step, right: Right, ended: Ended) -> dict[str, object]:
    return {
        "who": who,
        "name": step.author,
        "department": step.department,
        "right": right.value,
        "cause": ended.value,
    }
