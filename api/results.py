"""The results of a job on the wire: raw or in one document, large files piece by piece."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from functools import partial
from urllib.parse import quote

import orjson

from api.desk import Desk
from api.executions import Part
from api.multipart import related
from api.problem import problem
from api.wire import Header, Reply
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import NotFound, OneMapError, shorten
from spatial.jobs import content, store, telling
from spatial.jobs.errors import ResultExpired, ResultNotReady
from spatial.jobs.model import Job, Kept, State

JSON = b"application/json"
WHOLE_BYTES = 8 << 20
"""Several raw outputs are held in memory together up to this size, beyond it one document refers to them."""


class Results:
    """Answers about results."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of(self, job: Job, base: str, language: str) -> Reply:
        """All that was asked for, in the form that was asked for."""
        if job.state is State.FAILED:
            return problem(_failure(job), language)
        kept = await self._kept(job)
        chosen = telling.chosen(job.answer, kept)
        raw = job.answer.form == "raw" and "reference" not in (job.answer.outputs or {}).values()
        if raw and len(chosen) == 1:
            return await self._file(chosen[0])
        if raw and sum(one.size_bytes for one in chosen) <= WHOLE_BYTES:
            parts = [await self._part(one) for one in chosen]
            kind, body = related(parts)
            return Reply(200, [(b"content-type", kind.encode())], body)
        document = await self._desk.run(lambda connection: telling.results(connection, job, base))
        return Reply(200, [(b"content-type", JSON), (b"cache-control", b"no-cache")], orjson.dumps(document))

    async def one(self, job: Job, name: str, language: str) -> Reply:
        """One output by itself."""
        if job.state is State.FAILED:
            return problem(_failure(job), language)
        kept = await self._kept(job)
        for one in kept:
            if one.name == name:
                return await self._file(one)
        names = ", ".join(one.name for one in kept)
        shown = shorten(name)
        raise NotFound(
            f"没有这个输出,可用的有 {names}:{shown}",
            f"no such output, there are {names}: {shown}",
            value=shown,
        )

    async def _kept(self, job: Job) -> tuple[Kept, ...]:
        if job.state is not State.SUCCESSFUL:
            raise ResultNotReady(
                f"没有结果,任务状态见 /jobs/{job.id}:{job.state}",
                f"there is no result, see /jobs/{job.id} how it stands: {job.state}",
                value=job.state.value,
            )
        if job.expired_at is not None:
            raise ResultExpired(
                f"结果已过保存期限并删除,请以同样的输入重新提交任务:{job.id}",
                f"the results were removed, their time is over; hand the job in again with the same inputs:"
                f" {job.id}",
                value=job.id,
                details={"expired": format_instant(job.expired_at)},
            )
        return await self._desk.run(lambda connection: store.outputs(connection, job.id))

    async def _part(self, kept: Kept) -> Part:
        body = await self._desk.run(lambda connection: content.fetch(connection, kept.sha256))
        return Part(kept.name, kept.media_type, body, kept.file_name)

    async def _file(self, kept: Kept) -> Reply:
        headers: list[Header] = [(b"content-type", kept.media_type.encode()), (b"cache-control", b"no-cache")]
        if kept.file_name is not None:
            named = f"attachment; filename*=UTF-8''{quote(kept.file_name)}"
            headers.append((b"content-disposition", named.encode()))
        first = await self._piece(kept, 0) or b""
        rest = self._rest(kept) if kept.size_bytes > content.CHUNK_BYTES else None
        return Reply(200, headers, first, stream=rest, etag=kept.sha256.hex())

    async def _rest(self, kept: Kept) -> AsyncGenerator[bytes, None]:
        for number in range(1, -(-kept.size_bytes // content.CHUNK_BYTES)):
            piece = await self._piece(kept, number)
            if piece is None:
                raise RuntimeError(f"a piece of a result is gone: {kept.sha256.hex()}")
            yield piece

    async def _piece(self, kept: Kept, number: int) -> bytes | None:
        return await self._desk.run(partial(_piece, sha256=kept.sha256, number=number))


def _piece(connection: Connection, sha256: bytes, number: int) -> bytes | None:
    return content.piece(connection, sha256, number)


def _failure(job: Job) -> OneMapError:
    """The error that ended a job, of the kind it was: its status is that of the same error elsewhere."""
    kept = job.problem or {}
    kind = next((one for one in _kinds(OneMapError) if one.code == kept["code"]), OneMapError)
    details = {name: value for name, value in kept.items() if name not in ("code", "zh", "en", "value")}
    return kind(str(kept["zh"]), str(kept["en"]), value=kept["value"], details=details)


def _kinds(kind: type[OneMapError]) -> Iterator[type[OneMapError]]:
    yield kind
    for narrower in kind.__subclasses__():
        if narrower.__init__ is OneMapError.__init__:
            yield from _kinds(narrower)
