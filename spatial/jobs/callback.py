"""Callbacks 回调: telling a subscriber's address how its job ended, and nobody else.

They go where :mod:`spatial.jobs.outward` lets a request go; no answer is kept.
"""

from __future__ import annotations

import http.client

from spatial.errors import Unavailable
from spatial.jobs import outward
from spatial.jobs.errors import CallbackRefused
from spatial.jobs.outward import Address, Target

ANSWER_WITHIN_S = 10.0
"""From the connection to the answer's headers, however slowly they drip."""
ATTEMPTS = 5


def target(uri: str, hosts: tuple[str, ...]) -> Target:
    """The parts of an address that may be called; CallbackRefused for any other."""
    return outward.target(uri, hosts, _refused)


def resolve(where: Target, hosts: tuple[str, ...]) -> Address:
    """The one address to connect to; CallbackRefused where any of the name's is not public."""
    try:
        return outward.resolve(where, hosts, _refused)
    except OSError as failure:
        raise Unavailable(
            f"回调主机无法解析:{where.host}",
            f"the callback's host cannot be resolved: {where.host}",
            value=where.host,
        ) from failure


def send(uri: str, hosts: tuple[str, ...], body: bytes) -> None:
    """POST a JSON body; Unavailable where it did not arrive, to be tried again."""
    where = target(uri, hosts)
    address = resolve(where, hosts)
    headers = {"Host": where.named, "Content-Type": "application/json", "Connection": "close"}
    try:
        with outward.connected(where, address, ANSWER_WITHIN_S) as connection:
            connection.request("POST", where.path, body, headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as failure:
        raise _undelivered(where.host, type(failure).__name__) from failure
    if not 200 <= status < 300:
        raise _undelivered(where.host, str(status))


def _refused(zh: str, en: str, value: str) -> CallbackRefused:
    return CallbackRefused(
        f"回调地址{zh}:{value}",
        f"the callback address {en}: {value}",
        value=value,
        details={"pointer": "/subscriber"},
    )


def _undelivered(host: str, why: str) -> Unavailable:
    return Unavailable(f"回调未送达 {host}:{why}", f"the callback did not arrive at {host}: {why}", value=why)
