"""The platform's errors, each with a stable code.

Policy: a domain raises, the doors map. No HTTP status and no exit code stands
in a domain package; ``api`` maps the *kind* of an error to both, once. Every
message exists in Chinese (for planners) and English (for machines), ends with
the value that offended and says what to do. An error never carries a secret
(transformation parameters, passwords, tokens).
"""

from __future__ import annotations

from typing import Any, ClassVar


class OneMapError(Exception):
    """An expected failure, told in two languages.

    ``zh`` and ``en`` are whole sentences; ``value`` is what offended, for
    programs; ``details`` is machine-readable evidence, JSON-ready.
    """

    code: ClassVar[str] = "onemap-error"

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        value: object = None,
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en
        self.value = value
        self.details = details or {}

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is sent between processes: its own fields, not the arguments of a bare exception."""
        return _sent, (type(self), self.args, self.__dict__)


def shorten(value: object, limit: int = 80) -> str:
    """A value fit to be repeated in a message: printable, and not longer than that.

    >>> shorten("x" * 100, 5), shorten(["一", 2]), shorten(chr(7) + "光")
    ('xxxxx…', "['一', 2]", '�光')
    """
    text = value if isinstance(value, str) else str(value)
    printable = "".join(mark if mark.isprintable() else "�" for mark in text[:limit])
    return printable if len(text) <= limit else printable + "…"


def _sent(kind: type[OneMapError], args: tuple[Any, ...], fields: dict[str, Any]) -> OneMapError:
    failure = kind.__new__(kind, *args)
    failure.__dict__.update(fields)
    return failure


# The kinds. Every concrete error is one of these.


class InvalidInput(OneMapError):
    """What was given is wrong in itself; the giver can mend it."""

    code = "invalid-input"


class Refused(OneMapError):
    """What was asked is possible but not decidable or not allowed as it stands."""

    code = "refused"


class NotFound(OneMapError):
    """Nothing of that name is held."""

    code = "not-found"


class Conflict(OneMapError):
    """The state has moved on since the asker looked, or another write is under way."""

    code = "conflict"


class TooLarge(OneMapError):
    """A limit of size, count or time was reached."""

    code = "too-large"


class IntegrityBroken(OneMapError):
    """What is stored is not what was written."""

    code = "integrity-broken"


class Unavailable(OneMapError):
    """A part the platform needs does not answer now; later it may."""

    code = "unavailable"


class EnvironmentProblem(OneMapError):
    """The machine lacks something; the message says what to do about it."""

    code = "environment"


# Access.


class Unauthenticated(Refused):
    """Nobody is named, or the credential does not hold 未认证."""

    code = "unauthenticated"


class Forbidden(Refused):
    """Who asks is known and may not do this 无权."""

    code = "forbidden"


class TooMany(TooLarge):
    """More is asked in a span of time than was agreed 超出配额."""

    code = "quota-exceeded"


# Datum and grid.


class UnknownFrame(InvalidInput):
    """No reference frame of that name 未知坐标系."""

    code = "unknown-frame"


class NoOperation(Refused):
    """No registered operation leads from one frame to the other 无登记的转换."""

    code = "no-operation"


class OutsideArea(Refused):
    """A position lies outside the area where an operation or code is valid 超出适用范围."""

    code = "outside-area"


class BadCoordinate(InvalidInput):
    """A coordinate that is no position: NaN, infinite, or out of its range."""

    code = "bad-coordinate"


class BadControlPoints(InvalidInput):
    """Control points that decide no transformation: too few, on one line, or no numbers 控制点不足."""

    code = "bad-control-points"


class OperationExists(Conflict):
    """An operation of that name and version is registered already; versions are never overwritten."""

    code = "operation-exists"


class BadGridCode(InvalidInput):
    """A text that is no grid code or map sheet number."""

    code = "bad-grid-code"


class BadTime(InvalidInput):
    """A text that is no instant or interval."""

    code = "bad-time"


# Catalogue and history.


class BadContract(InvalidInput):
    """A layer contract that contradicts itself or the rules of contracts."""

    code = "bad-contract"


class BadFilter(InvalidInput):
    """A CQL2 filter that cannot be read, or asks what the layer does not hold 查询条件有误."""

    code = "bad-filter"


class UnknownLayer(NotFound):
    """No layer of that id in the catalogue 无此图层."""

    code = "unknown-layer"


class NoSuchControlPoint(NotFound):
    """No control point of that code 无此控制点."""

    code = "no-such-control-point"


class UnknownChangeset(NotFound):
    """No changeset of that number 无此变更集."""

    code = "unknown-changeset"


class DuplicateKey(InvalidInput):
    """One key stands on several rows of one changeset 主键重复."""

    code = "duplicate-key"


class StaleVersion(Conflict):
    """The version an edit was based on is no longer the believed one."""

    code = "stale-version"


class VersionNotNamed(InvalidInput):
    """A feature that exists was to be changed without naming the version the change is based on."""

    code = "precondition-required"


class NoSuchFeature(NotFound):
    """No feature of this identity is there at the instant of the edit 无此要素."""

    code = "no-such-item"


class FeatureExists(Conflict):
    """A feature of this identity is there already 要素已存在."""

    code = "feature-exists"


class RequestKeyReused(Refused):
    """A key that names one request came with another 请求键已用于另一请求."""

    code = "request-key-reused"


class UnreadableDocument(InvalidInput):
    """A text that is no JSON, or has more than one reading."""

    code = "unreadable-document"


class FeatureRejected(InvalidInput):
    """A feature that breaks its layer's contract; nothing was written 要素不合契约."""

    code = "feature-rejected"


class OverlappingVersions(Conflict):
    """Two believed versions of one feature would be valid at the same time."""

    code = "overlapping-versions"


# Exchange.


class UnreadableFile(InvalidInput):
    """A file that is truncated, of another type than it says, or of none known."""

    code = "unreadable-file"


class UnsafeFile(Refused):
    """A file that refers outside itself or tries to leave its place."""

    code = "unsafe-file"


class FileTooLarge(TooLarge):
    """A file that unpacks or reads beyond the limits."""

    code = "file-too-large"


class EncodingUndecided(Refused):
    """The text encoding cannot be told from the file 编码无法判定."""

    code = "encoding-undecided"


class FrameUndecided(Refused):
    """The reference frame cannot be told from the evidence 坐标系无法判定."""

    code = "frame-undecided"


class FrameContradicted(Refused):
    """Trusted positions speak against the reference frame that is said 坐标系与可信位置矛盾."""

    code = "frame-contradicted"


class ProfileUndecided(Refused):
    """Which structure a delivery has cannot be told from its fields 图层结构无法判定."""

    code = "profile-undecided"


class EditionUndecided(Refused):
    """The edition of the codes cannot be told from codes and names 分类版本无法判定."""

    code = "edition-undecided"


class UnitUndecided(Refused):
    """The unit of declared areas cannot be told, or the shapes speak against it 面积单位无法判定."""

    code = "unit-undecided"


class FieldsDoNotMatch(InvalidInput):
    """The fields of a file do not fit the layer's contract."""

    code = "fields-do-not-match"


class RowsRejected(InvalidInput):
    """Rows of a delivery break the layer's contract; nothing was loaded."""

    code = "rows-rejected"


class DeliveryUndecided(Refused):
    """It was not said whether a delivery is the whole layer or part of it."""

    code = "delivery-undecided"


# First run.


class PackagesMissing(EnvironmentProblem):
    """A program the platform stands on is not installed."""

    code = "packages-missing"


class ServerTooOld(EnvironmentProblem):
    """PostgreSQL or PostGIS is older than what the platform needs."""

    code = "server-too-old"


class DiskFull(EnvironmentProblem):
    """No room is left where the data lives 磁盘已满."""

    code = "disk-full"


class PortTaken(EnvironmentProblem):
    """Another program listens on the port 端口被占用."""

    code = "port-taken"


class TooManyRetired(Refused):
    """A full delivery would retire more of the layer than an honest one does."""

    code = "too-many-retired"


class SourceLayerUndecided(Refused):
    """A file holds several layers or sheets, and it was not said which one is meant."""

    code = "source-layer-undecided"


class CurvedGeometry(Refused):
    """A file holds arcs, which would silently become polylines 曲线几何."""

    code = "curved-geometry"


# The change feed and proposals.


class BadCursor(InvalidInput):
    """A text that is no cursor of the change feed."""

    code = "bad-cursor"


class CursorLost(Conflict):
    """The cursor is of a history that this database does not hold 游标已失效."""

    code = "cursor-lost"


class UnknownProposal(NotFound):
    """No proposal of that number 无此提案."""

    code = "unknown-proposal"


class ProposalClosed(Conflict):
    """The step does not follow the state a proposal is in 提案状态不符."""

    code = "proposal-closed"


class ProposalChanged(Conflict):
    """A proposal's content is not what was reviewed 所审内容不符."""

    code = "proposal-changed"


class ProposalOutdated(Conflict):
    """What was proposed for a contract that the layer has no more 图层契约已变,提案不再适用."""

    code = "proposal-outdated"


class ProposalUnsupported(Conflict):
    """Who proposed or approved it may not do so any more 提案人或审核人已无此项权限."""

    code = "proposal-unsupported"


class ProposalClash(StaleVersion):
    """What a proposal changes, others changed meanwhile, to something else 提案冲突."""

    code = "proposal-clash"


class BadProposal(InvalidInput):
    """A proposal that says nothing, or what cannot be meant."""

    code = "bad-proposal"
