"""Messages of a broker into the store 消息入库: decoded by their templates, acknowledged after the commit.

Several ingesters may run side by side, each under a name of its own: then they share the subscriptions
(``$share``), and the broker gives each message to one of them. What it has given to one that is down waits
for it; one that shall not come back must leave.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.mqtt import payload
from spatial.observe.telemetry.mqtt.broker import Broker
from spatial.observe.telemetry.mqtt.link import Delivery, Link
from spatial.observe.telemetry.mqtt.template import Templates
from spatial.observe.telemetry.server.intake import Intake
from spatial.observe.telemetry.server.service import signalled
from spatial.observe.telemetry.sink import Sink

_LOG = logging.getLogger(__name__)
GROUP = "onemap"
FINISH_S = 20.0
QUIET_S = 2.0
"""Nothing that waited at the broker comes later than this."""


class Ingester:
    """Takes deliveries, and tells the link when they are durable."""

    def __init__(
        self, templates: Templates, intake: Intake, broker: Broker, name: str, *, shared: bool, leaving: bool
    ) -> None:
        self._templates, self._intake, self._broker = templates, intake, broker.name
        self._under_way: set[asyncio.Task[None]] = set()
        self.latest = asyncio.get_running_loop().time()
        """When something came last."""
        self.link = Link(
            broker,
            f"onemap-{name}",
            [(f"$share/{GROUP}/" if shared else "") + each.subscription for each in templates.all],
            self._take,
            finish=self.finish,
            leaving=leaving,
        )

    async def finish(self) -> None:
        """Wait for what is under way."""
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=FINISH_S)

    async def drained(self) -> None:
        """Wait until nothing has come for a while and all that came is kept."""
        clock = asyncio.get_running_loop().time
        await self.link.connected.wait()
        self.latest = clock()
        while clock() - self.latest < QUIET_S or self.link.held:
            await asyncio.sleep(0.1)

    def _take(self, deliveries: list[Delivery]) -> None:
        self.latest = asyncio.get_running_loop().time()
        now = datetime.now(UTC)
        arrivals = [
            payload.arrival(self._templates, each.topic, each.payload, self._broker, now)
            for each in deliveries
        ]
        keeping = asyncio.get_running_loop().create_task(self._keep(deliveries, arrivals))
        self._under_way.add(keeping)
        keeping.add_done_callback(self._under_way.discard)

    async def _keep(self, deliveries: list[Delivery], arrivals: list[Arrival]) -> None:
        durable = False
        try:
            await (await self._intake.put(arrivals))
            durable = True
        except Exception as failure:
            # Not to be lost: the broker delivers them again over another connection.
            _LOG.error("%d messages not kept: %s", len(deliveries), type(failure).__name__)
            self.link.drop("messages could not be kept")
        finally:
            self.link.done(deliveries, acknowledged=durable)


async def ingest(
    dsn: str,
    sink: Sink,
    broker: Broker,
    templates: Templates,
    name: str,
    *,
    shared: bool = False,
    leaving: bool = False,
    ready: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Ingest until asked to stop (SIGTERM, SIGINT, or ``stop``); what has come by then is kept first.

    ``shared`` where several do. One that is ``leaving`` takes in what waits for it, gives up its
    subscriptions and ends; whoever shares them gets all that comes from then on.
    """
    asked = stop or signalled()
    async with Intake(dsn, sink) as intake:
        ingester = Ingester(templates, intake, broker, name, shared=shared, leaving=leaving)
        running = asyncio.create_task(ingester.link.run(asked))
        telling = asyncio.create_task(intake.tell(f"mqtt/{name}", ingester.link.connected.is_set))
        if ready:
            waiting = asyncio.create_task(ingester.link.connected.wait())
            await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if ingester.link.connected.is_set():
                ready()
        if leaving:
            await ingester.drained()
            asked.set()
        await running
        telling.cancel()
        _LOG.info("stopping: %s", intake.figures)
