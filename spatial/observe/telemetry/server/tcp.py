"""Stations over TCP: one dialogue a connection, answers in the order of what they answer."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.dialogue import Dialogue, Peer
from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.intake import Intake
from spatial.observe.telemetry.server.limits import Limits
from spatial.observe.telemetry.store import Kept

_LOG = logging.getLogger(__name__)
_Waiting = tuple[Sequence[Arrival], asyncio.Future[list[Kept]]] | bytes


class TcpServer:
    """A listening port; used as an asynchronous context."""

    def __init__(self, door: Door, intake: Intake, limits: Limits | None = None) -> None:
        self._door, self._intake, self._limits = door, intake, limits or Limits()
        self._connections: dict[asyncio.Task[None], _Connection] = {}
        self._of_address: Counter[str] = Counter()
        self.turned_away = 0

    async def __aenter__(self) -> TcpServer:
        self._server = await asyncio.start_server(
            self._connected, self._door.host, self._door.port, limit=self._limits.read_size, backlog=512
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stop()

    @property
    def connections(self) -> int:
        """How many peers are connected."""
        return len(self._connections)

    async def stop(self) -> None:
        """Take no more, keep and answer what has come, close."""
        self._server.close()
        for connection in self._connections.values():
            connection.end()
        if self._connections:
            _, late = await asyncio.wait(list(self._connections), timeout=self._limits.stop_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._server.wait_closed()

    async def send(self, device: str, data: bytes) -> bool:
        """Send a question to a station that is connected; whether it is."""
        for connection in reversed(list(self._connections.values())):
            if device in connection.dialogue.devices:
                await connection.say(data)
                return True
        return False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = writer.get_extra_info("peername")
        if name is None:  # It has gone already.
            writer.transport.abort()
            return
        host, port = name[:2]
        limits = self._limits
        if (
            len(self._connections) >= limits.connections
            or self._of_address[host] >= limits.connections_of_address
        ):
            self.turned_away += 1
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        held = writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.send_buffer)
        dialogue = self._door.dialogue(Peer(self._door.channel, f"{host}:{port}"))
        connection = _Connection(reader, writer, dialogue, self._intake, limits)
        self._connections[task] = connection
        self._of_address[host] += 1
        try:
            await connection.run()
        except (OSError, TimeoutError) as failure:
            _LOG.info("peer %s left: %s", host, failure)
        except Exception:
            _LOG.exception("connection of %s ended", host)
        finally:
            del self._connections[task]
            self._of_address[host] -= 1
            if not self._of_address[host]:
                del self._of_address[host]
            writer.transport.abort()


class _Connection:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        dialogue: Dialogue,
        intake: Intake,
        limits: Limits,
    ) -> None:
        self._reader, self._writer = reader, writer
        self.dialogue, self._intake, self._limits = dialogue, intake, limits
        self._waiting: asyncio.Queue[_Waiting | None] = asyncio.Queue(limits.waiting)
        self._reading: asyncio.Task[bytes] | None = None
        self._ending = False

    def end(self) -> None:
        """Read no more; what has come is still kept and answered."""
        self._ending = True
        if self._reading is not None:
            self._reading.cancel()

    async def say(self, data: bytes) -> None:
        """Send something, after the answers that are due."""
        await self._waiting.put(data)

    async def run(self) -> None:
        answering = asyncio.create_task(self._answer())
        try:
            await self._read_all(answering)
            await self._take(self.dialogue.close(datetime.now(UTC)), answering)
            await self._put(None, answering)
            await answering
        finally:
            answering.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await answering

    async def _read_all(self, answering: asyncio.Task[None]) -> None:
        clock, limits, dialogue = asyncio.get_running_loop().time, self._limits, self.dialogue
        whole_at = clock()
        while not (self._ending or answering.done() or dialogue.failures > limits.failures):
            data = await self._read(limits.half_s if dialogue.half else limits.idle_s)
            if data == b"" or (data is None and not dialogue.half):
                return
            now = datetime.now(UTC)
            arrivals = dialogue.feed(data or b"", now)
            if data is None or (dialogue.half and clock() - whole_at > limits.whole_s):
                given_up, asked = dialogue.pause(now)
                arrivals += given_up
                for question in asked:
                    await self._put(question, answering)
                whole_at = clock()
            if arrivals or not dialogue.half:
                whole_at = clock()
            await self._take(arrivals, answering)

    async def _read(self, patience_s: float) -> bytes | None:
        """Bytes, none at the end; None where nothing came for so long."""
        if self._ending:
            return b""
        self._reading = asyncio.create_task(self._reader.read(self._limits.read_size))
        done, _ = await asyncio.wait({self._reading}, timeout=patience_s)
        if not done:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                return await self._reading
            return None
        try:
            return self._reading.result()
        except (OSError, asyncio.CancelledError):
            return b""

    async def _take(self, arrivals: Sequence[Arrival], answering: asyncio.Task[None]) -> None:
        if arrivals:
            done = await self._intake.put(arrivals)
            await self._put((arrivals, done), answering)

    async def _put(self, item: _Waiting | None, answering: asyncio.Task[None]) -> None:
        """Queue for the answers; a peer that takes none ends its connection."""
        putting = asyncio.create_task(self._waiting.put(item))
        await asyncio.wait({putting, answering}, return_when=asyncio.FIRST_COMPLETED)
        if not putting.done():
            putting.cancel()
            raise ConnectionAbortedError("answers are not taken")

    async def _answer(self) -> None:
        """Write what is due, once it is durable."""
        while (item := await self._waiting.get()) is not None:
            if isinstance(item, bytes):
                answers = [item]
            else:
                arrivals, done = item
                await done
                now = datetime.now(UTC)
                answers = [arrival.answer(now) for arrival in arrivals if arrival.answer]
            if answers:
                self._writer.write(b"".join(answers))
                await asyncio.wait_for(self._writer.drain(), self._limits.write_s)
        with suppress(OSError, TimeoutError):
            self._writer.close()
            await asyncio.wait_for(self._writer.wait_closed(), self._limits.write_s)
