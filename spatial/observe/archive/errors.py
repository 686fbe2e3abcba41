"""What can be wrong with the archive."""

from __future__ import annotations

from spatial.errors import Conflict, IntegrityBroken, InvalidInput


class BadRetention(InvalidInput):
    """A rule of retention that cannot be kept 保存期限有误."""

    code = "bad-retention"


class PeriodNotAway(InvalidInput):
    """Values of this period stand in the database 该时段未移出."""

    code = "period-not-away"


class ArchiveBusy(Conflict):
    """Somebody else works on the archive 归档正在进行."""

    code = "archive-busy"


class NotClosed(Conflict):
    """Days of a period do not stand in files as the database has them 有未归档的日."""

    code = "days-not-closed"


class ArchiveBroken(IntegrityBroken):
    """A file of a closed day is missing or is not what was written 归档文件有误."""

    code = "archive-broken"


class ArchiveElsewhere(Conflict):
    """The files of closed days are not in the folder that is named 归档不在本机此处."""

    code = "archive-elsewhere"
