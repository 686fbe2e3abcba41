"""Quotas 配额: what a department, a key or an unnamed address may ask of one worker.

Each worker keeps token buckets of its own, filled with its share of the rate.
The limits are read from the database every few seconds; while it is away the
last ones hold. Health is never refused, and on a first run nobody is.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from time import monotonic

from api import problem
from api.metrics import Metrics
from api.parameters import spoken
from api.pool import Pool
from api.wire import PRINCIPAL, TOLD, Application, Header, Receive, Request, Scope, Send, deliver
from spatial.access.model import ANONYMOUS, Origin, Principal
from spatial.errors import TooMany
from spatial.usage import store
from spatial.usage.bucket import Bucket
from spatial.usage.model import EVERY, Quota, Subject

LOG = logging.getLogger("onemap.quota")
RECHECK_S = 5.0
ACCOUNTS_MAX = 20_000
"""Accounts kept; of those made longest ago one goes whose bucket is full again."""
LOOKED_AT_MOST = 64
NAMED_MAX = 4096
"""Holders of credentials whose accounts are at hand."""
QUERY_KEPT_BYTES = 512
WINDOW_S = 60
LIGHT = frozenset(
    ("f", "lang", "limit", "crs", "after", "datetime", "asof", "v", "properties", "labels"),
)
"""Parameters of a request that costs what its page costs; any other one searches."""
OF_TILES = LIGHT | {"from", "to", "axis", "collections"}
"""Of a tile: its ground bounds what is compared, where ``changes`` compares the layer, and far ones wait
among themselves. A map asks for a screen of them at once."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_NAMES = {
    Subject.DEPARTMENT: ("部门", "department"),
    Subject.KEY: ("密钥", "key"),
    Subject.ANONYMOUS: ("地址", "address"),
}


@dataclass(slots=True)
class Account:
    """One subject in this worker."""

    key: tuple[Subject, str]
    quota: Quota
    bucket: Bucket
    policy: Header
    name: bytes
    heavy: int = 0


class Quotas:
    """The limits, kept fresh by :meth:`run`, and the accounts of this worker."""

    def __init__(self, pool: Pool, *, workers: int) -> None:
        self._pool = pool
        self._workers = workers
        self._quotas: dict[tuple[Subject, str], Quota] = {}
        self._accounts: OrderedDict[tuple[Subject, str], Account] = OrderedDict()
        self._named: dict[int, tuple[Principal, tuple[Account, ...]]] = {}
        """Of holders of credentials, by their object: all requests with a key come with the same one."""

    async def run(self) -> None:
        """Read the limits for ever."""
        while True:
            try:
                await self.refresh()
            except Exception as failure:  # the limits that stand go on to hold
                LOG.warning("quotas could not be read: %s", type(failure).__name__)
            await asyncio.sleep(RECHECK_S)

    async def refresh(self) -> None:
        """Read the limits; what has changed begins anew."""
        row = (await self._pool.fetch(store.QUOTAS)).first
        assert row is not None  # an aggregate always gives one
        quotas = {(quota.subject, quota.name): quota for quota in store.quotas_of(row[0])}
        if quotas != self._quotas:
            self._quotas = quotas
            self._accounts.clear()
            self._named.clear()

    def accounts(self, principal: Principal, scope: Scope, behind_proxy: bool) -> tuple[Account, ...]:
        """What a request is charged to."""
        named = self._named.get(id(principal))
        if named is not None and named[0] is principal:
            return named[1]
        if principal.origin is Origin.ANONYMOUS:
            first = self._account(Subject.ANONYMOUS, _network(client_address(scope, behind_proxy)))
            return (first,) if first else ()
        charged = self._charged(principal)
        if len(self._named) >= NAMED_MAX:
            self._named.clear()
        self._named[id(principal)] = (principal, charged)
        return charged

    def _charged(self, principal: Principal) -> tuple[Account, ...]:
        """The accounts of somebody with a name; none of the operator on the spot."""
        if principal.origin is Origin.LOCAL:
            return ()
        found = self._account(Subject.DEPARTMENT, principal.department or principal.subject)
        charged = [found] if found else []
        if principal.origin is Origin.KEY and principal.credential:
            own = self._account(Subject.KEY, principal.credential)
            if own:
                charged.append(own)
        return tuple(charged)

    def _account(self, subject: Subject, name: str) -> Account | None:
        quota = self._quotas.get((subject, name)) or self._quotas.get((subject, EVERY))
        if quota is None:
            return None
        key = (subject, name)
        account = self._accounts.get(key)
        if account is None:
            share = quota.requests_per_minute / WINDOW_S / self._workers
            bucket = Bucket(share, quota.burst / self._workers, monotonic())
            account = Account(key, quota, bucket, _policy(quota, bucket), quota.subject.value.encode())
            self._accounts[key] = account
            if len(self._accounts) > ACCOUNTS_MAX:
                self._let_go()
        return account

    def _let_go(self) -> None:
        """One account less: nothing is lost with it where its bucket is full again."""
        for _ in range(LOOKED_AT_MOST):
            key, account = self._accounts.popitem(last=False)
            if account.bucket.full_at_s <= monotonic():
                break
            self._accounts[key] = account
        else:
            key, _ = self._accounts.popitem(last=False)
        if key[0] is not Subject.ANONYMOUS:
            self._named.clear()  # one of them may hold the account that went


class Metered:
    """Wraps an ASGI application and charges each request to whoever asks."""

    def __init__(self, app: Application, *, quotas: Quotas, metrics: Metrics, behind_proxy: bool) -> None:
        self._app = app
        self._quotas = quotas
        self._metrics = metrics
        self._behind_proxy = behind_proxy

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Refuse what is beyond the quota (429), and tell what is left of it."""
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            return self._app(scope, receive, send)
        accounts = self._quotas.accounts(scope.get(PRINCIPAL, ANONYMOUS), scope, self._behind_proxy)
        if not accounts:
            return self._app(scope, receive, send)
        now = monotonic()
        heavy = _heavy(scope)
        scarcest, left = accounts[0], math.inf
        for account in accounts:
            if heavy and account.heavy >= account.quota.heavy_at_once:
                return self._refuse(scope, send, account, 1.0)
            bucket = account.bucket
            if not bucket.take(now):
                return self._refuse(scope, send, account, bucket.wait_s)
            if bucket.tokens < left:
                scarcest, left = account, bucket.tokens
        scope[TOLD] = _fields(scarcest)
        if heavy:
            return self._held(accounts, scope, receive, send)
        return self._app(scope, receive, send)

    async def _held(self, accounts: tuple[Account, ...], scope: Scope, receive: Receive, send: Send) -> None:
        """One heavy request more is under way."""
        for account in accounts:
            account.heavy += 1
        try:
            await self._app(scope, receive, send)
        finally:
            for account in accounts:
                account.heavy -= 1

    async def _refuse(self, scope: Scope, send: Send, account: Account, wait_s: float) -> None:
        quota = account.quota
        self._metrics.refused(quota.subject.value)
        zh, en = _NAMES[quota.subject]
        allowed = f"{quota.requests_per_minute}/min"
        after_s = math.ceil(wait_s)
        refusal = TooMany(
            f"本{zh}的请求超出配额,请 {after_s} 秒后重试:{allowed}",
            f"beyond the quota of this {en}; try again in {after_s} s: {allowed}",
            value=allowed,
            details={"retry_after_s": after_s},
        )
        request = Request(scope)
        reply = problem.problem(refusal, spoken(request))
        reply.headers += _fields(account)
        await deliver(request, reply, send)


def _heavy(scope: Scope) -> bool:
    """Searches and writes: what may take seconds of the database."""
    if scope["method"] not in _SAFE:
        return True
    query: bytes = scope["query_string"]
    if not query:
        return False
    of_tiles = "/tiles/" in scope["path"]
    return _searches(query, of_tiles) if len(query) <= QUERY_KEPT_BYTES else _searching(query, of_tiles)


def _searching(query: bytes, of_tiles: bool) -> bool:
    light = OF_TILES if of_tiles else LIGHT
    return any(part.partition(b"=")[0].decode("latin-1") not in light for part in query.split(b"&"))


_searches = lru_cache(maxsize=4096)(_searching)


def _fields(account: Account) -> list[Header]:
    """``RateLimit`` fields, of this worker's share."""
    tokens = account.bucket.tokens
    wait_s = 0 if tokens >= 1.0 else math.ceil(account.bucket.wait_s)
    return [account.policy, (b"ratelimit", b'"%b";r=%d;t=%d' % (account.name, tokens, wait_s))]


def _policy(quota: Quota, bucket: Bucket) -> Header:
    limit = max(1, int(bucket.per_s * WINDOW_S))
    return (b"ratelimit-policy", f'"{quota.subject.value}";q={limit};w={WINDOW_S}'.encode())


def client_address(scope: Scope, behind_proxy: bool) -> str:
    """Who is at the other end; behind a proxy of this machine, whom that proxy names last."""
    address = str((scope.get("client") or ("", 0))[0])
    if behind_proxy and address in ("127.0.0.1", "::1"):
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                address = value.decode("latin-1").rpartition(",")[2].strip()
    return address


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """An IPv6 subscriber has a whole /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
