"""One request of the application, asked within a process and without the network 进程内请求.

It passes every layer of the application as any other request does.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from api.touched import TOUCHED
from api.wire import Application, Header, Message, Scope
from spatial.jobs import reference
from spatial.jobs.reference import Fetched, Reference


async def ask(application: Application, scope: Scope, answer: Answer) -> frozenset[str]:
    """Let the application answer; the layers of which it gave more than everybody may see."""
    context = copy_context()
    asking = asyncio.create_task(_asked(application, scope, answer), context=context)
    whole = asyncio.create_task(answer.whole.wait())
    try:
        async with asyncio.timeout(reference.WITHIN_S):
            await asyncio.wait((asking, whole), return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        raise reference.failed(answer.reference, "未能取得", "could not be fetched", "TimeoutError") from None
    finally:
        whole.cancel()
        if not answer.whole.is_set() or answer.failure is not None:
            asking.cancel()
        await asyncio.gather(asking, whole, return_exceptions=True)
    touched = context.get(TOUCHED)
    return frozenset() if touched is None else touched.conditional


async def _asked(application: Application, scope: Scope, answer: Answer) -> None:
    await application(scope, answer.receive, answer.send)


def getting(one: Reference, address: str, headers: list[Header]) -> dict[str, Any]:
    """What an ASGI scope says of a GET of that address, beside who asks and from where."""
    path, _, query = address.partition("?")
    wanted = (one.media_type or "application/json, */*;q=0.5").encode("latin-1", "replace")
    return {
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "headers": [*headers, (b"accept", wanted)],
    }


@dataclass(slots=True)
class Answer:
    """What the application sends, kept up to a size."""

    reference: Reference
    most_bytes: int
    status: int = 0
    media_type: str | None = None
    version: str | None = None
    failure: Exception | None = None
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    _parts: list[bytes] = field(default_factory=list)
    _size: int = 0
    _asked: bool = False

    async def receive(self) -> Message:
        """An empty body, and nobody who hangs up."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.whole.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = dict(message.get("headers", ()))
            named = headers.get(b"content-type")
            self.media_type = None if named is None else named.decode("latin-1")
            version = headers.get(b"etag") or headers.get(b"last-modified")
            self.version = None if version is None else version.decode("latin-1")
            return
        if message["type"] != "http.response.body":
            return
        self._size += len(message.get("body", b""))
        try:
            reference.require_size(self.reference, self._size, self.most_bytes)
        except Exception as failure:
            self.failure = failure
            self.whole.set()
            raise
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self.whole.set()

    def fetched(self) -> Fetched:
        """The whole of it, or why there is none."""
        if self.failure is not None:
            raise self.failure
        if self.status != 200 or not self.whole.is_set():
            raise reference.not_given(self.reference, self.status)
        return reference.judged(self.reference, self.media_type, b"".join(self._parts), self.version)
