"""The course of a proposal 提案流程: proposed, reviewed by another, applied as one changeset, or taken back.

All functions run inside the caller's transaction; what raises leaves nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import psycopg

from spatial.catalogue import quality
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.errors import BadProposal, ProposalClash, shorten
from spatial.history import write
from spatial.history.model import Changeset, Intent
from spatial.proposals import content, rules, standing, store
from spatial.proposals.content import Target
from spatial.proposals.model import Actor, Proposal, Rebased, State, Values, Verdict

CLASHES_LISTED = 100


def propose(
    conn: Connection,
    target: Target,
    actor: Actor,
    reason: str,
    valid_from: datetime,
    body: bytes,
    city: City,
) -> Proposal:
    """Keep a FeatureCollection as a proposal; nothing of it is believed yet."""
    _require_reason(reason)
    rows = content.rows(conn, target, body, valid_from, city)
    if not rows:
        layer = target.contract.id
        raise BadProposal(
            f"所提内容与现有的完全相同,没有改动:{layer}",
            f"what is proposed is believed already, nothing changes: {layer}",
            value=layer,
        )
    return store.get(conn, store.add(conn, target.contract.id, actor, reason, valid_from, rows))


def compare(conn: Connection, target: Target, proposal: Proposal) -> tuple[Rebased, ...]:
    """Each proposed change on top of what is believed now, in the order it was proposed."""
    rows = store.rows(conn, proposal.id)
    fids = [row.fid for row in rows]
    believed = store.believed(conn, target.table, fids, proposal.valid_from)
    since = proposal.steps[0].taken_at
    later = store.changed_later(conn, target.table, fids, proposal.valid_from, since)
    rebased = (rules.rebase(row, believed.get(row.fid)) for row in rows)
    return tuple(rules.overtaken(one, later.get(one.row.fid)) for one in rebased)


def review(
    conn: Connection,
    proposal: Proposal,
    actor: Actor,
    verdict: State,
    reason: str,
    digest: bytes | None,
    visible: Collection[str],
) -> Proposal:
    """Approve or reject; ``digest`` is of the content the reviewer looked at, with the ``visible`` fields.

    To reject, which writes nothing, not all of it need be seen. An approval whose giver may
    review no more is given again by somebody who may.
    """
    _require_reason(reason)
    if not (verdict is State.APPROVED and standing.approval_ended(conn, proposal)):
        rules.require_step(proposal, verdict)
    rules.require_other_eyes(proposal, actor)
    if verdict is State.APPROVED:
        standing.require_author(conn, proposal)
        rules.require_sight(proposal, store.rows(conn, proposal.id), visible)
    if digest is not None:
        rules.require_same_content(proposal, digest)
    store.add_step(conn, proposal.id, verdict, actor, reason)
    return store.get(conn, proposal.id)


def withdraw(conn: Connection, proposal: Proposal, actor: Actor, reason: str) -> Proposal:
    """Take a proposal back."""
    _require_reason(reason)
    rules.require_step(proposal, State.WITHDRAWN)
    rules.require_author(proposal, actor)
    store.add_step(conn, proposal.id, State.WITHDRAWN, actor, reason)
    return store.get(conn, proposal.id)


def apply(conn: Connection, target: Target, proposal: Proposal, actor: Actor, city: City) -> Proposal:
    """Write an approved proposal into history as one changeset that names it.

    Raises ProposalClosed where it is not approved, ProposalChanged where the
    approval is about other content, ProposalUnsupported where its author may edit
    or its approver review no more, ProposalOutdated where the layer's contract is
    another by now, Forbidden where it changes what the actor may not see,
    ProposalClash where others changed the same meanwhile, RowsRejected where the
    merged state breaks the contract.
    """
    rules.require_step(proposal, State.APPLIED)
    approval = proposal.steps[-1]
    rules.require_same_content(proposal, approval.digest)
    store.lock_layer(conn, proposal.layer)
    standing.require(conn, proposal)  # behind the lock, which may have taken its time
    rebased = compare(conn, target, proposal)
    rules.require_contract(proposal, (one.row for one in rebased), _names(target))
    rules.require_sight(proposal, (one.row for one in rebased), target.visible)
    require_clean(rebased, target.visible)
    reason = f"{proposal.reason}(提案 {proposal.id},{approval.author} 审核,{actor.name} 入库)"
    intent = Intent(proposal.author, proposal.department, reason, proposal.valid_from)
    changeset = _write(conn, target, proposal, rebased, intent, city)
    number = None if changeset is None else changeset.id
    store.add_step(conn, proposal.id, State.APPLIED, actor, approval.reason, number)
    return store.get(conn, proposal.id)


def _write(
    conn: Connection,
    target: Target,
    proposal: Proposal,
    rebased: tuple[Rebased, ...],
    intent: Intent,
    city: City,
) -> Changeset | None:
    """One changeset of what is still to be done; ``None`` where all of it is so already."""
    lines = [
        (one.row, one.values, None if one.theirs is None else one.theirs.changeset)
        for one in rebased
        if one.verdict is not Verdict.DONE
    ]
    if not lines:
        return None
    staging = write.create_staging(conn, target.table)
    try:
        store.fill(conn, staging, lines, intent.valid_from)
    except psycopg.DataError:  # a field is of another type by now
        raise rules.outdated(proposal) from None
    write.canonicalise(conn, staging)
    findings = content.check(conn, target, staging, city, intent.valid_from)
    changeset = write.apply(conn, staging, intent)
    write.drop_staging(conn, staging)
    if changeset is not None:
        quality.keep(conn, changeset.id, findings)
    return changeset


def _names(target: Target) -> list[str]:
    return [field.name for field in target.contract.fields]


def require_clean(rebased: tuple[Rebased, ...], visible: Collection[str]) -> None:
    """Refuse where others changed the same, with base, mine and theirs of each feature."""
    clashes = [one for one in rebased if one.verdict is Verdict.CLASH]
    if clashes:
        listed = "; ".join(f"{one.row.fid} ({', '.join(named(one, visible)) or '—'})" for one in clashes[:20])
        raise ProposalClash(
            f"{len(clashes)} 个要素同时被他人作了不同的修改,请据现状重新提出:{listed}",
            f"{len(clashes)} features were changed otherwise meanwhile, propose them again: {listed}",
            value=[one.row.fid for one in clashes],
            details={"clashes": [clash(one, visible) for one in clashes[:CLASHES_LISTED]]},
        )


def clash(one: Rebased, visible: Collection[str]) -> dict[str, object]:
    """A clash, JSON-ready: the fields both sides changed; base, mine, theirs as somebody may see them."""
    row = one.row
    return {
        "id": row.fid,
        "fields": named(one, visible),
        "base": None if row.base is None else seen(row.base.values, visible),
        "mine": None if row.mine is None else seen(row.mine, visible),
        "theirs": None if one.theirs is None else seen(one.theirs.values, visible),
    }


def named(one: Rebased, visible: Collection[str]) -> list[str]:
    """The fields both sides changed, as far as somebody may see them."""
    return [name for name in one.clashing if name == "geom" or name in visible]


def seen(values: Values, visible: Collection[str]) -> dict[str, object]:
    """The values somebody may see; the geometry belongs to all of them."""
    return {name: value for name, value in values.items() if name == "geom" or name in visible}


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > 2000 or "\0" in reason:
        shown = shorten(reason.replace("\0", "").strip())
        raise BadProposal(
            f"须写明原因 reason,不超过 2000 字:{shown}",
            f"say why in reason, in 2000 characters at most: {shown}",
            value=shown,
        )
