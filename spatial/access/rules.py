"""The rules of access 授权规则: pure judgements over principals, contracts and grants."""

from __future__ import annotations

from functools import lru_cache

from spatial.access.model import (
    EVERYTHING,
    NOTHING,
    OPERATING,
    GrantedRights,
    Origin,
    Principal,
    Right,
    Role,
)
from spatial.catalogue.contract import Contract, Field, Secrecy, Sharing

_NEEDED: dict[Right, frozenset[Role]] = {
    Right.READ: frozenset({Role.READER, Role.EDITOR, Role.STEWARD}),
    Right.READ_INTERNAL: frozenset({Role.READER, Role.EDITOR, Role.STEWARD}),
    Right.EDIT: frozenset({Role.EDITOR, Role.STEWARD}),
    Right.REVIEW: frozenset({Role.STEWARD}),
    Right.MANAGE: frozenset({Role.STEWARD}),
}
"""A right is used through one of these roles; the grant alone is not enough, nor is the role."""


def rights(principal: Principal, contract: Contract, granted: GrantedRights = NOTHING) -> GrantedRights:
    """What a principal may do with a layer.

    ``granted`` is what the layer's steward granted to the principal's
    department. The steward department itself has every right. Whoever asks
    reads what is shared without conditions (无条件共享); a layer that is not
    shared (不予共享) stays with its steward, whatever was granted before.
    """
    if principal.origin is Origin.LOCAL:
        return OPERATING
    own = principal.department is not None and principal.department == contract.steward
    held = EVERYTHING if own else granted
    if contract.sharing is Sharing.CLOSED and not own:
        held = NOTHING
    return _usable(held, principal.roles, contract.sharing is Sharing.OPEN)


@lru_cache(maxsize=1024)
def _usable(held: GrantedRights, roles: frozenset[Role], shared: bool) -> GrantedRights:
    """What of the rights held these roles may use, and what everybody may."""
    allowed = frozenset(right for right in held if roles & _NEEDED[right])
    return allowed | {Right.READ} if shared else allowed


def visible(field: Field, held: GrantedRights) -> bool:
    """Whether a field may be seen, filtered and sorted by, exported or named at all."""
    return Right.READ in held and (field.secrecy is Secrecy.PUBLIC or Right.READ_INTERNAL in held)


def oversees(principal: Principal) -> bool:
    """Whether somebody may see what everybody used: the auditor, and the operator of a first run."""
    return principal.origin is Origin.LOCAL or Role.AUDITOR in principal.roles
