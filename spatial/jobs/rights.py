"""What the owner of a job may still see and do when it runs, and when others are told of it.

Between the request and the run, or the callback, a grant may end, a key may be
revoked, a field may become internal. A job never does more than its owner may at
that moment, nor more than they might when they handed it in. What roles a token
carries is known at its request alone: of somebody with a token the department's
rights are looked at, and the roles of then are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from spatial.access import keys, release
from spatial.access import store as access
from spatial.access.model import LOCAL, Origin, Principal, Right, Role
from spatial.access.rules import rights, visible
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.errors import Forbidden, UnknownLayer
from spatial.jobs.model import Grant, Job, Owner
from spatial.jobs.process import Inputs, Process


def still(connection: Connection, owner: Owner, now: datetime) -> Owner:
    """The owner with what is left of the rights and fields that the job was handed in with."""
    if not _holds(connection, owner, now):
        return replace(owner, layers={})
    granted = access.admissions(connection)
    layers: dict[str, Grant] = {}
    for name, grant in owner.layers.items():
        try:
            contract = catalogue.get(connection, name).contract
        except UnknownLayer:
            continue
        asker = LOCAL if owner.local else _anyone_of(owner)
        held = grant.rights & rights(asker, contract, granted.granted(name, owner.department, now))
        shown = {field.name for field in contract.fields if visible(field, held)}
        if Right.READ in held:
            layers[name] = Grant(tuple(name for name in grant.fields if name in shown), held)
    return replace(owner, layers=layers)


def sees_all(owner: Owner, left: Mapping[str, Grant]) -> bool:
    """Whether all that the job was handed in with is left: what it made may be told."""
    return all(name in left and grant.fields == left[name].fields for name, grant in owner.layers.items())


def holder(connection: Connection, owner: Owner, now: datetime) -> Principal:
    """The owner as somebody who asks now: with the roles of their key as they are, of a token as they
    were. Forbidden where the key opens nothing any more.
    """
    if owner.local:
        return LOCAL
    if owner.credential is not None and owner.credential.startswith(keys.PREFIX):
        held = access.key(connection, owner.credential)
        if not held.holds(now):
            raise Forbidden(
                f"设置计划所用的密钥已撤销或到期,未作执行;请以有效的凭证重新设置计划(/schedules):{held.shown}",
                "the key that the schedule was set with was revoked or has expired, nothing was run; set the"
                f" schedule anew with a credential that holds (/schedules): {held.shown}",
                value=held.shown,
            )
        return held.principal
    return Principal(owner.subject, owner.department, owner.roles, Origin.TOKEN, owner.credential)


def may_be_told(connection: Connection, job: Job, releases: bool, now: datetime) -> bool:
    """Whether a job may be told of outside by itself: of what its owner sees now, past no export guard."""
    if releases and not release.marked(connection).keys().isdisjoint(job.owner.layers):
        return False
    return sees_all(job.owner, still(connection, job.owner, now).layers)


def require(connection: Connection, owner: Owner, process: Process, inputs: Inputs) -> None:
    """Refuse a run for which a right is missing by now; as at the doors, a layer unseen is unknown."""
    for name, right in process.needs(inputs).items():
        grant = owner.layers.get(name)
        if grant is None:
            raise UnknownLayer(
                f"没有这个图层,可用的见 /collections:{name}",
                f"no such layer, /collections lists them: {name}",
                value=name,
            )
        if right not in grant.rights:
            raise Forbidden(
                f"提交之后,对图层 {name} 的此项权限已被收回:{right}",
                f"this right on layer {name} was taken back after the job was handed in: {right}",
                value=right.value,
            )
        if process.entire and not owner.local:
            require_entire(
                name, grant.fields, [f.name for f in catalogue.get(connection, name).contract.fields]
            )


def require_entire(layer_id: str, seen: tuple[str, ...], fields: list[str]) -> None:
    """Refuse to write all fields of a layer to who does not see them all."""
    if not set(fields) <= set(seen):
        raise Forbidden(
            f"图层 {layer_id} 有您看不到的字段,整份入库会改写它们;请改用编辑或变更提案,或由有权者入库",
            f"layer {layer_id} has fields you may not see, and a load would write them, too; edit or propose,"
            " or let somebody load who may see them",
            value=layer_id,
        )


def _holds(connection: Connection, owner: Owner, now: datetime) -> bool:
    """Whether the credential still opens anything; of tokens, which end soon, none is asked for."""
    if owner.credential is None or not owner.credential.startswith(keys.PREFIX):
        return True
    return access.key(connection, owner.credential).holds(now)


def _anyone_of(owner: Owner) -> Principal:
    """Somebody of the owner's department in every role: which of them were held is in the grants."""
    return Principal(owner.subject, owner.department, frozenset(Role), Origin.KEY)
