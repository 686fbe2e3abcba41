"""The one client of the broker that publishes what was written and takes what clients publish 发布与接收.

Publishing and taking are one client, so that the broker keeps its own publications back from it (no local):
what it says is never taken for something said to it. Progress is kept in the database once the broker has
confirmed; after a restart it goes on from there, so everything is told at least once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import islice

import psycopg

from api.sensorthings.mqtt.creating import create
from api.sensorthings.mqtt.topics import CREATED, SUBSCRIPTIONS, Wanted, asked, is_create, messages
from spatial.database import Connection, connect, transaction
from spatial.errors import Unavailable
from spatial.observe import publication
from spatial.observe.telemetry import watching
from spatial.observe.telemetry.mqtt.broker import Broker
from spatial.observe.telemetry.mqtt.link import Delivery, Link, LinkLost
from spatial.observe.telemetry.server.intake import TELL_S
from spatial.observe.telemetry.server.service import signalled
from spatial.observe.things.model import ENTITIES, Entity
from spatial.observe.things.reached_sql import Scope

_LOG = logging.getLogger(__name__)
POLL_S = 0.3
AGAIN_S = 2.0
_CHUNK = 1000
_AWAY = (Unavailable, psycopg.OperationalError, psycopg.InterfaceError)
OBSERVATION = ENTITIES["Observation"]
OTHERS = tuple(each for each in ENTITIES.values() if each is not OBSERVATION)


class Publisher:
    """Tells what was written, one span of recorded time after another."""

    def __init__(self, dsn: str, link: Link, name: str, url: str) -> None:
        self._dsn, self._link, self._name = dsn, link, name
        self._scope = Scope(url, None)
        self._connection: Connection | None = None
        self.wanted = Wanted(())
        self._tell_at = 0.0
        self.behind_s = 0.0
        """How long ago the last thing was written that is not told yet."""

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] | None) -> None:
        """Until stopped, and with whatever goes away and comes back."""
        while not stop.is_set():
            pause_s = POLL_S
            try:
                if self._connection is None:
                    self._connection = await asyncio.to_thread(self._connected)
                    if self._connection is not None and ready:
                        ready()
                        ready = None
                if self._connection is None:
                    pause_s = AGAIN_S
                elif await self._turn(self._connection):
                    continue
            except LinkLost as failure:
                _LOG.info("not published yet: %s", failure)
            except _AWAY as failure:
                _LOG.warning("database away: %s", type(failure).__name__)
                self.close()
                pause_s = AGAIN_S
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
        self.close()

    def close(self) -> None:
        """Let go of the database; another one may publish."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection | None:
        """A session that is the only one to publish; none where another is."""
        connection = connect(self._dsn, application="onemap-publisher", autocommit=True)
        if not publication.alone(connection):
            connection.close()
            return None
        self.wanted = Wanted(publication.wanted(connection))
        begin = publication.horizon(connection)
        for each in (OBSERVATION, *OTHERS):
            publication.until(connection, self._of(each), begin)
        return connection

    def _of(self, entity: Entity) -> str:
        """Under which name progress is kept."""
        return self._name if entity is OBSERVATION else f"{self._name}/{entity.set}"

    async def _turn(self, connection: Connection) -> bool:
        """Tell one span of each kind; whether more is there already."""
        loop = asyncio.get_running_loop()
        if loop.time() > self._tell_at:
            connected = self._link.connected.is_set()
            name = f"publish/{self._name}"
            await asyncio.to_thread(
                watching.tell, connection, name, connected, self._link.held, self.behind_s
            )
            self._tell_at = loop.time() + TELL_S
        if not self._link.connected.is_set():
            return False
        horizon = await asyncio.to_thread(publication.horizon, connection)
        more = await self._told(connection, OBSERVATION, horizon)
        for each in OTHERS:
            more |= await self._told(connection, each, horizon - publication.ENTITY_MARGIN)
        return more

    async def _told(self, connection: Connection, entity: Entity, horizon: datetime) -> bool:
        name = self._of(entity)
        since = await asyncio.to_thread(publication.until, connection, name, horizon)
        if horizon <= since:
            return False
        if entity is OBSERVATION:
            there = await asyncio.to_thread(publication.any_values, connection, since)
        else:
            there = await asyncio.to_thread(publication.any_entities, connection, entity, since)
        before = min(horizon, since + publication.STEP) if there else horizon
        if there:
            with closing(publication.pages(connection, entity, self._scope, since, before)) as pages:
                while (page := await asyncio.to_thread(next, pages, None)) is not None:
                    await self._published(entity, page)
            await asyncio.to_thread(publication.reach, connection, name, before)
        elif (horizon - since).total_seconds() > AGAIN_S:
            await asyncio.to_thread(publication.reach, connection, name, horizon)
        if entity is OBSERVATION:
            self.behind_s = (horizon - before).total_seconds()
        return before < horizon

    async def _published(self, entity: Entity, page: list[publication.Written]) -> None:
        told: Iterator[tuple[str, bytes]] = (
            message for row in page for message in messages(entity, self.wanted, *row)
        )
        while chunk := list(islice(told, _CHUNK)):
            await self._link.publish(chunk)


class Creator:
    """Takes observations that clients publish; each batch is one transaction, tried until it is durable."""

    def __init__(self, dsn: str, broker: Broker) -> None:
        self._dsn, self._broker = dsn, broker.name
        self._connection: Connection | None = None
        self._queue: asyncio.Queue[list[Delivery]] = asyncio.Queue()

    def take(self, deliveries: list[Delivery]) -> None:
        """They wait here, no more of them than the link's window."""
        self._queue.put_nowait(deliveries)

    async def run(self, link: Link, heard: Callable[[set[str]], None]) -> None:
        """For ever."""
        while True:
            deliveries = await self._queue.get()
            while not self._queue.empty():
                deliveries = deliveries + self._queue.get_nowait()
            topics = {asked(each.payload.decode("utf-8", "replace")) for each in deliveries if _log(each)}
            given = [each for each in deliveries if is_create(each.topic) and not each.retained]
            try:
                heard({topic for topic in topics if topic is not None})
                await self._durable(given, sorted(topic for topic in topics if topic is not None))
            except Exception as failure:
                _LOG.exception("%d messages not kept: %s", len(given), type(failure).__name__)
                link.drop("messages could not be kept")
                link.done(deliveries, acknowledged=False)
                continue
            link.done(deliveries)

    async def _durable(self, given: list[Delivery], topics: list[str]) -> None:
        while given or topics:
            try:
                await asyncio.to_thread(self._write, given, topics)
                return
            except _AWAY as failure:
                _LOG.warning("database away, %d messages wait: %s", len(given), type(failure).__name__)
                self.close()
                await asyncio.sleep(AGAIN_S)

    def _write(self, given: list[Delivery], topics: list[str]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, application="onemap-sensorthings", autocommit=True)
        with transaction(self._connection, statement_timeout_s=60):
            if topics:
                publication.want(self._connection, topics)
            if given:
                create(self._connection, given, self._broker, datetime.now(UTC))

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _log(delivery: Delivery) -> bool:
    return delivery.topic == SUBSCRIPTIONS


async def serve(
    dsn: str,
    broker: Broker,
    name: str,
    url: str,
    *,
    ready: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Publish and take in until asked to stop; ``url`` is the root of the service, for links."""
    asked_to = stop or signalled()
    creator = Creator(dsn, broker)
    link = Link(broker, f"onemap-{name}", (*CREATED, SUBSCRIPTIONS), creator.take, no_local=True)
    publisher = Publisher(dsn, link, name, url)

    def heard(topics: set[str]) -> None:
        for topic in topics:
            publisher.wanted.add(topic)

    creating = asyncio.create_task(creator.run(link, heard))
    publishing = asyncio.create_task(publisher.run(asked_to, ready))
    await link.run(asked_to)
    publishing.cancel()
    creating.cancel()
    await asyncio.gather(publishing, creating, return_exceptions=True)
    publisher.close()
    creator.close()
