"""What the rivers refuse 水利业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import Conflict, IntegrityBroken, InvalidInput, NotFound, Refused, Unavailable


class BadArchiveRequest(InvalidInput):
    """A request to the archive that names nothing it could hold 档案请求有误."""

    code = "bad-archive-request"


class NotPreservable(InvalidInput):
    """A file in a format that nobody may be able to read in a hundred years 非长期保存格式."""

    code = "not-preservable"


class UnknownArchiveObject(NotFound):
    """No such object, version or file in the archive 档案中没有."""

    code = "unknown-archive-object"


class WriteOnce(Refused):
    """An attempt to change or delete what was entered for ever 档案只写一次."""

    code = "archive-write-once"


class ArchiveDamaged(IntegrityBroken):
    """The archive is not what was entered 档案受损."""

    code = "archive-damaged"


class ArchiveDiverged(Conflict):
    """Two copies whose logs do not follow one another 副本分叉."""

    code = "archive-diverged"


class ArchiveAway(Unavailable):
    """No copy of the archive can be reached 档案副本不可用."""

    code = "archive-away"


class RestoreRefused(Refused):
    """A cold start into a database that already holds something of it 不能恢复到非空库."""

    code = "restore-refused"
