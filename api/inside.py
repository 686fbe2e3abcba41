"""The platform's doors, asked within a process and without the network 进程内访问本平台.

Inputs by reference are read so: of a request in its asker's name, with the headers that named them; of
a schedule, by a worker, in the name of who set it. Either passes every layer of the application: what
somebody may not see is kept from them there, counted and written down as if they had asked for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from api.touched import TOUCHED
from api.wire import IN_NAME_OF, Application, Header, Message, Scope
from spatial.access.model import Principal
from spatial.errors import Unavailable
from spatial.jobs import reference
from spatial.jobs.doors import Given
from spatial.jobs.model import Grant
from spatial.jobs.reference import Fetched, Reference
from spatial.settings import Settings

_OUT_OF_REACH = frozenset((401, 403, 404, 410))
_LATER = frozenset((408, 429, 503))


class Inside:
    """The doors of the application over one database, for a process that serves nobody."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self._settings = settings
        self._dsn = dsn

    def read(
        self, principal: Principal, wanted: Sequence[tuple[Reference, str]], most_bytes: int
    ) -> list[Given]:
        """What the addresses give this asker now. ReferenceFailed, Unavailable."""
        return asyncio.run(self._read(principal, wanted, most_bytes))

    async def _read(
        self, principal: Principal, wanted: Sequence[tuple[Reference, str]], left: int
    ) -> list[Given]:
        from api.app import create_app  # which knows every door, and takes its time

        app = create_app(self._settings, self._dsn)
        found = []
        async with app.state.within():
            for one, address in wanted:
                answer = Answer(one, left)
                restricted = await ask(app, _scope(principal, one, address), answer)
                _require_given(principal, one, answer.status)
                fetched, layers = answer.fetched(), {}
                for name in sorted(restricted):
                    shown = app.state.catalogue.get(name, principal)
                    layers[name] = Grant(tuple(shown.fields), shown.rights)
                found.append(Given(fetched, layers))
                left -= len(fetched.content)
        return found


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


def _scope(principal: Principal, one: Reference, address: str) -> MutableMapping[str, Any]:
    parts = urlsplit(one.href)  # links in what comes are as the address was given
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": parts.scheme,
        "server": (parts.hostname, parts.port),
        "client": None,
        "root_path": "",
        IN_NAME_OF: principal,
        **getting(one, address, [(b"host", parts.netloc.encode("ascii", "replace"))]),
    }


def _require_given(principal: Principal, one: Reference, status: int) -> None:
    """What nobody knew that it would be refused: it names whose rights did not reach."""
    whose = principal.subject + (f"({principal.department})" if principal.department else "")
    if status in _OUT_OF_REACH:
        raise reference.failed(
            one,
            f"以设置者 {whose} 现有的权限读不到(权限可能已收回,或内容已不在),状态",
            f"is not given to {whose}, who set the schedule, now (the right may have ended, or it is gone),"
            " status",
            str(status),
        )
    if status in _LATER:
        raise Unavailable(
            f"引用的内容暂不能读取,稍后重试:{one.pointer} {status}",
            f"what an input refers to cannot be read now, it is tried again: {one.pointer} {status}",
            value=status,
        )


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
