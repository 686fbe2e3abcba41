"""Stations over UDP: a datagram holds whole frames; one for which there is no room is not answered."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime

from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.dialogue import Dialogue, Peer
from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.intake import Intake
from spatial.observe.telemetry.server.limits import Limits
from spatial.observe.telemetry.store import Kept

_Address = tuple[str, int]


class UdpServer(asyncio.DatagramProtocol):
    """A port for datagrams; used as an asynchronous context."""

    def __init__(self, door: Door, intake: Intake, limits: Limits | None = None) -> None:
        self._door, self._intake, self._limits = door, intake, limits or Limits()
        self._senders: OrderedDict[_Address, Dialogue] = OrderedDict()
        self._under_way: set[asyncio.Future[list[Kept]]] = set()

    async def __aenter__(self) -> UdpServer:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self._door.host, self._door.port)
        )
        self.port: int = self._transport.get_extra_info("sockname")[1]
        self._pausing = asyncio.create_task(self._pause())
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Answer what has come, close."""
        self._pausing.cancel()
        if self._under_way:
            await asyncio.wait(list(self._under_way), timeout=self._limits.stop_s)
            await asyncio.sleep(0)
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Cut, hand over; the answer follows the commit."""
        address = (str(addr[0]), int(addr[1]))
        now = datetime.now(UTC)
        dialogue = self._dialogue(address)
        arrivals = dialogue.feed(data, now)
        given_up, asked = dialogue.pause(now)
        for question in asked:
            self._transport.sendto(question, address)
        self._hand_over(arrivals + given_up, address)

    def error_received(self, exc: Exception) -> None:
        """A sender that is gone; it will come again or not."""

    def _dialogue(self, address: _Address) -> Dialogue:
        found = self._senders.pop(address, None)
        if found is None:
            found = self._door.dialogue(Peer(self._door.channel, f"{address[0]}:{address[1]}"))
            if len(self._senders) >= self._limits.senders:
                self._senders.popitem(last=False)
        self._senders[address] = found
        return found

    def _hand_over(self, arrivals: Sequence[Arrival], address: _Address) -> None:
        done = self._intake.offer(arrivals) if arrivals else None
        if done is None:
            return
        self._under_way.add(done)

        def answer(kept: asyncio.Future[list[Kept]]) -> None:
            self._under_way.discard(kept)
            if kept.cancelled() or kept.exception() is not None or self._transport.is_closing():
                return
            now = datetime.now(UTC)
            for arrival in arrivals:
                if arrival.answer:
                    self._transport.sendto(arrival.answer(now), address)

        done.add_done_callback(answer)

    async def _pause(self) -> None:
        """Ask for packets that do not come, and give them up."""
        while True:
            await asyncio.sleep(self._limits.half_s)
            now = datetime.now(UTC)
            for address, dialogue in list(self._senders.items()):
                if dialogue.half:
                    given_up, asked = dialogue.pause(now)
                    for question in asked:
                        self._transport.sendto(question, address)
                    self._hand_over(given_up, address)
