"""pygeoapi's process manager over our jobs, and its processors over our declarations.

The engine describes processes from here, and whatever of it asks for a job finds
the same jobs as our own doors (:mod:`api.processes`), as the asker may see them.
"""

from __future__ import annotations

from typing import Any

import orjson
from pygeoapi.process.base import (
    BaseProcessor,
    JobNotFoundError,
    JobResultNotFoundError,
    ProcessorExecuteError,
    UnknownProcessError,
)
from pygeoapi.process.manager.base import BaseManager
from pygeoapi.util import JobStatus, RequestedProcessExecutionMode, Subscriber

from api.executions import ASKER, OFFERED, Executions, parse, require_known
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum import format_instant
from spatial.errors import OneMapError
from spatial.jobs import store, telling
from spatial.jobs.errors import UnknownJob
from spatial.jobs.model import JSON_TYPE, Job, Request, State, may_dismiss, may_see
from spatial.jobs.process import Process
from spatial.jobs.store import Listing

Metadata = dict[str, Any]


class DeclaredProcessor(BaseProcessor):  # type: ignore[misc]
    """A process as the engine describes it. It is never run by the engine."""

    def __init__(self, process: Process) -> None:
        super().__init__({"name": process.id}, _metadata(process))
        self.supports_outputs = True


class JobsManager(BaseManager):  # type: ignore[misc]
    """Jobs as the engine knows them."""

    def __init__(self, manager_def: dict[str, Any]) -> None:
        super().__init__(manager_def)
        self._dsn: str = manager_def["connection"]
        self._executions: Executions = manager_def["executions"]
        self.is_async = True
        self.processes.update({name: {} for name in OFFERED})

    def get_processor(self, process_id: str) -> DeclaredProcessor:
        """The declaration of that id."""
        if process_id not in OFFERED:
            raise UnknownProcessError(process_id)
        return DeclaredProcessor(OFFERED[process_id])

    def get_jobs(
        self, status: JobStatus | None = None, limit: int | None = None, offset: int | None = None
    ) -> dict[str, Any]:
        """A page of the asker's jobs, the newest first."""
        asker = ASKER.get()
        states = (State(status.value),) if status is not None else ()
        first, count = offset or 0, limit or 100
        everyones = asker.origin == "local"
        asked = Listing(asker.department, everyones, states=states, limit=first + count + 1)
        with connect(self._dsn) as connection:
            found = store.listed(connection, asked)
        return {"jobs": [_told(job) for job in found[first : first + count]], "numberMatched": len(found)}

    def get_job(self, job_id: str) -> dict[str, Any]:
        """One job."""
        return _told(self._job(job_id))

    def get_job_result(self, job_id: str) -> tuple[str, Any]:
        """The results in one document."""
        job = self._job(job_id)
        if job.state is not State.SUCCESSFUL or job.expired_at is not None:
            raise JobResultNotFoundError(job_id)
        with connect(self._dsn) as connection:
            return "application/json", telling.results(connection, job, "")

    def delete_job(self, job_id: str) -> bool:
        """Dismiss it."""
        job = self._job(job_id)
        if not may_dismiss(ASKER.get(), job):
            raise JobNotFoundError(job_id)
        with connect(self._dsn) as connection:
            store.dismiss(connection, job.id)
        return True

    def execute_process(
        self,
        process_id: str,
        data_dict: dict[str, Any],
        execution_mode: RequestedProcessExecutionMode | None = None,
        requested_outputs: dict[str, Any] | None = None,
        subscriber: Subscriber | None = None,
        requested_response: str | None = "raw",
    ) -> tuple[str, str, Any, JobStatus, dict[str, str]]:
        """As a job, or at once. A subscriber is never called by the engine, so none is taken here."""
        if subscriber is not None:
            raise ProcessorExecuteError("a subscriber is taken by POST /processes/{id}/execution only")
        document = {"inputs": data_dict, "outputs": requested_outputs, "response": requested_response}
        try:
            work = self._executions.request(ASKER.get(), process_id, parse(orjson.dumps(document)))
            if execution_mode is not RequestedProcessExecutionMode.respond_async:
                return self._now(work)
            require_known(work.owner)
            with connect(self._dsn) as connection:
                job = store.submit(connection, work)
        except OneMapError as failure:
            raise ProcessorExecuteError(failure.zh) from failure
        applied = {"Preference-Applied": "respond-async"}
        return job.id, JSON_TYPE, None, JobStatus.accepted, applied

    def _now(self, work: Request) -> tuple[str, str, Any, JobStatus, dict[str, str]]:
        if not OFFERED[work.process].synchronous:
            raise ProcessorExecuteError(f"only runs as a job: {work.process}")
        parts = self._executions.execute(work)
        made = {part.name: orjson.loads(part.content) for part in parts}
        value = made if work.answer.form == "document" else next(iter(made.values()))
        return "", JSON_TYPE, value, JobStatus.successful, {}

    def _job(self, job_id: str) -> Job:
        try:
            with connect(self._dsn) as connection:
                job = store.get(connection, job_id)
        except UnknownJob:
            raise JobNotFoundError(job_id) from None
        if not may_see(ASKER.get(), job):
            raise JobNotFoundError(job_id)
        return job


def _told(job: Job) -> dict[str, Any]:
    return {
        "type": "process",
        "process_id": job.process,
        "identifier": job.id,
        "status": job.state.value,
        "message": job.message_zh,
        "progress": job.progress,
        "created": format_instant(job.created_at),
        "started": format_instant(job.started_at or job.created_at),
        "finished": format_instant(job.finished_at) if job.finished_at else None,
        "updated": format_instant(job.updated_at),
        "mimetype": "application/json",
    }


def _metadata(process: Process) -> Metadata:
    return {
        "version": process.version,
        "id": process.id,
        "title": _both(process.title),
        "description": _both(process.description),
        "keywords": [],
        "links": [],
        # The engine takes every key below for the name of a language: our door adds the schemas.
        "inputs": {},
        "outputs": {},
    }


def _both(title: Title) -> Metadata:
    return {"zh-CN": title.zh, "en-US": title.en}
