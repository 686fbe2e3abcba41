"""The platform's doors, asked within a process and without the network 进程内访问本平台.

What the inputs of a schedule refer to is read so, by a worker, in the name of who set it: what somebody
may not see is kept from them, counted and written down as if they had asked for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from api.inner_request import Answer, ask, getting
from api.wire import IN_NAME_OF
from spatial.access.model import Principal
from spatial.errors import Unavailable
from spatial.jobs import reference
from spatial.jobs.doors import Given
from spatial.jobs.model import Grant
from spatial.jobs.reference import Reference
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
