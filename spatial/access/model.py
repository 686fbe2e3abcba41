"""The nouns of access control: principals, roles, rights. Frozen data, no input or output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is there for. The three administrative duties are kept apart (等保2.0 三员分立)."""

    READER = "reader"
    """读取: reads what the department may read."""
    EDITOR = "editor"
    """编辑: changes features of layers the department may edit."""
    STEWARD = "steward"
    """主管: reviews and applies changes, publishes and withdraws layers of the department."""
    SECURITY_ADMINISTRATOR = "security-administrator"
    """安全管理员: keys, grants and quotas; sees no data for it."""
    AUDITOR = "auditor"
    """审计员: reads audit, usage and metrics; changes nothing."""


class Right(StrEnum):
    """What may be done with one layer."""

    READ = "read"
    """Public fields, at every instant, in every format."""
    READ_INTERNAL = "read-internal"
    """Internal fields, too."""
    EDIT = "edit"
    REVIEW = "review"
    """Apply or reject proposals of others."""
    MANAGE = "manage"
    """Publish, change, withdraw; grant to other departments."""


class Origin(StrEnum):
    """How the platform came to know a principal."""

    ANONYMOUS = "anonymous"
    LOCAL = "local"
    """A program of this machine, on an installation that is open to this machine only."""
    OPERATOR = "operator"
    """Whoever administers the installation by its command line."""
    KEY = "key"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks 访问主体."""

    subject: str
    """Stable name: of the key, of the token's subject; stands in ledgers and as author."""
    department: str | None
    roles: frozenset[Role]
    origin: Origin
    credential: str | None = None
    """Identifier of the key or token, never the secret itself."""


ANONYMOUS = Principal("anonymous", None, frozenset(), Origin.ANONYMOUS)
LOCAL = Principal("local", None, frozenset(Role), Origin.LOCAL)
"""The operator of a first run, because only this machine can ask. No person, so no internal fields:
reads of those are audited, and an audit names somebody."""


def operator(author: str) -> Principal:
    """Somebody at the command line, as named there."""
    return Principal(author, None, frozenset(Role), Origin.OPERATOR)


GrantedRights = frozenset[Right]
EVERYTHING: GrantedRights = frozenset(Right)
OPERATING: GrantedRights = EVERYTHING - {Right.READ_INTERNAL}
PUBLISHED: GrantedRights = frozenset({Right.READ})
NOTHING: GrantedRights = frozenset()
