"""What a job looks like to others: its status, in the words of OGC API Processes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from spatial.database import Connection
from spatial.datum import format_instant
from spatial.jobs import content, store
from spatial.jobs.model import Answer, Job, Kept, State

INLINE_BYTES = 8 << 20
"""A file within a document is at most so large; beyond it is given by reference, whatever was asked."""


def status(job: Job, language: str = "zh") -> dict[str, Any]:
    """statusInfo, without links."""
    document: dict[str, Any] = {
        "type": "process",
        "jobID": job.id,
        "processID": job.process,
        "status": job.state.value,
        "progress": job.progress,
        "message": job.message_zh if language == "zh" else job.message_en,
        "created": format_instant(job.created_at),
        "updated": format_instant(job.updated_at),
        "onemap:attempts": job.attempts,
        "onemap:inputsSha256": job.inputs_sha256.hex(),
    }
    for name, instant in (
        ("started", job.started_at),
        ("finished", job.finished_at),
        ("onemap:expired", job.expired_at),
    ):
        if instant is not None:
            document[name] = format_instant(instant)
    if job.schedule is not None:
        document["onemap:schedule"] = job.schedule
    if job.state is State.FAILED:
        document["exception"] = dict(job.problem or {})
    return document


def veiled(job: Job) -> Job:
    """The job for who may not see what it has seen: without what it says of itself and of its failure."""
    return replace(job, message_zh="", message_en="", problem=None)


def chosen(answer: Answer, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """The outputs that were asked for."""
    return tuple(one for one in kept if answer.outputs is None or one.name in answer.outputs)


def results(connection: Connection, job: Job, base: str) -> dict[str, Any]:
    """The results in one document: JSON values as they are, files by reference unless wanted inside."""
    import base64

    document: dict[str, Any] = {}
    for one in chosen(job.answer, store.outputs(connection, job.id)):
        mode = (job.answer.outputs or {}).get(one.name, "value")
        if mode == "reference" or one.size_bytes > INLINE_BYTES:
            document[one.name] = {
                "href": f"{base}/jobs/{job.id}/results/{one.name}",
                "type": one.media_type,
                "title": one.file_name or one.name,
            }
        elif one.file_name is None:
            document[one.name] = orjson.loads(content.fetch(connection, one.sha256))
        else:
            document[one.name] = {
                "value": base64.b64encode(content.fetch(connection, one.sha256)).decode(),
                "encoding": "base64",
                "mediaType": one.media_type,
            }
    return document
