"""Errors of processes, jobs and schedules 处理、任务与计划的错误."""

from __future__ import annotations

from spatial.errors import InvalidInput, NotFound, Refused, Unavailable


class UnknownProcess(NotFound):
    """No process of that id 无此处理."""

    code = "no-such-process"


class UnknownJob(NotFound):
    """No job of that id, or not one that the asker may know of 无此任务."""

    code = "no-such-job"


class ResultNotReady(NotFound):
    """The job has no result yet, or none any more 结果尚未就绪."""

    code = "result-not-ready"


class ResultExpired(NotFound):
    """The results of the job have been removed, their time being over 结果已过保存期限."""

    code = "result-expired"


class UnknownSchedule(NotFound):
    """No schedule of that name 无此计划."""

    code = "no-such-schedule"


class ScheduleLimit(Refused):
    """More schedules, or more often, than a department may have 超出计划的限额."""

    code = "schedule-limit"


class BadExecution(InvalidInput):
    """An execute request that does not fit its process; ``details["pointer"]`` names the place."""

    code = "bad-execution"


class TakesTooLong(Refused):
    """More than can be answered while somebody waits; as a job it can be 超出同步时限."""

    code = "takes-too-long"


class AsynchronousOnly(Refused):
    """A process that only runs as a job."""

    code = "asynchronous-only"


class CallbackRefused(Refused):
    """An address that the platform does not call 回调地址不在许可之列."""

    code = "callback-refused"


class ReferenceRefused(Refused):
    """An input's address that the platform does not fetch 引用的网址不在许可之列."""

    code = "reference-refused"


class ReferenceFailed(Refused):
    """An input's address that does not give what was wanted 引用的内容不可用."""

    code = "reference-failed"


class WorkersLost(Unavailable):
    """A unit of a job ended its computing processes again and again 计算进程反复中止."""

    code = "workers-lost"


class AttemptsExhausted(Unavailable):
    """A job was tried as often as its process allows."""

    code = "attempts-exhausted"
