"""Good messages among damaged ones over real sockets: every byte is kept, every good message is answered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hand_frames import report, up
from table_sink import TABLE, TableSink

from spatial.database import connect
from spatial.observe.telemetry.dialogue import Peer
from spatial.observe.telemetry.hj212.crc import crc16
from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.limits import Limits
from spatial.observe.telemetry.server.service import serve

DOORS = (
    Door("sl651/tcp", "127.0.0.1", 0),
    Door("hj212/tcp", "127.0.0.1", 0),
    Door("sl651/udp", "127.0.0.1", 0),
)
START = datetime(2026, 1, 1)
MESSAGES = 40


def hydrological(station: str, n: int) -> bytes:
    observed = (START + timedelta(minutes=n)).strftime("%y%m%d%H%M")
    body = report("3812 1268 3923 00000550", serial=n % 65535 + 1, station=station, observed=observed)
    return up(0x32, body, station=station)


def environmental(mn: str, n: int) -> bytes:
    time = (START + timedelta(minutes=n)).strftime("%Y%m%d%H%M%S")
    segment = f"QN={time}000;ST=22;CN=2011;PW=1;MN={mn};Flag=5;CP=&&DataTime={time};a1-Rtd={n}.5&&".encode()
    return b"##%04d" % len(segment) + segment + b"%04X\r\n" % crc16(segment)


def damaged(drawn: random.Random, data: bytes) -> bytes:
    """Cut short, one byte changed, bytes left out, starts without an end, noise before, behind and alone."""
    at = drawn.randrange(1, len(data))
    return drawn.choice(
        (
            data[:at],
            data[:at] + bytes([data[at] ^ drawn.randrange(1, 256)]) + data[at + 1 :],
            data[: at // 2] + data[at:],
            data[:2] * drawn.randrange(1, 5),
            drawn.randbytes(3) + data[4:],
            data + drawn.randbytes(3),
            drawn.randbytes(drawn.randrange(1, 40)),
        )
    )


@dataclass
class Talk:
    """What a device sent and was told."""

    door: Door
    device: str
    sent: bytes = b""
    good: list[bytes] = field(default_factory=list)
    told: bytes = b""

    def draw(self, drawn: random.Random, made: Callable[[str, int], bytes]) -> None:
        for n in range(MESSAGES):
            if drawn.random() < 0.35:
                self.sent += damaged(drawn, made(self.device, 10_000 + n))
            else:
                self.good.append(made(self.device, n))
                self.sent += self.good[-1]

    async def have(self, drawn: random.Random, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        at = 0
        while at < len(self.sent):
            step = drawn.choice((1, 2, 7, 30, 200, 3000))
            writer.write(self.sent[at : at + step])
            await writer.drain()
            at += step
        writer.write_eof()
        while data := await reader.read(65536):
            self.told += data
        writer.close()


async def datagrams(port: int, good: list[bytes], noise: list[bytes]) -> int:
    """How many of the good ones are answered, each between two that are none."""
    loop = asyncio.get_running_loop()
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    class Station(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
            answers.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(Station, remote_addr=("127.0.0.1", port))
    for each, other in zip(good, noise, strict=True):
        transport.sendto(other)
        transport.sendto(each)
        await asyncio.wait_for(answers.get(), 60)
    transport.close()
    return len(good)


def test_noise_takes_nothing_with_it(database: str) -> None:
    with connect(database) as own:
        own.execute(TABLE)
    drawn = random.Random(20261129)
    talks = [Talk(DOORS[0], f"37078301{n:02X}") for n in range(1, 7)]
    talks += [Talk(DOORS[1], f"D{n}") for n in range(6)]
    for talk in talks:
        talk.draw(drawn, hydrological if talk.door is DOORS[0] else environmental)
    alone = [hydrological("3707830201", n) for n in range(20)]
    noise = [damaged(drawn, each) for each in alone[:-1]] + [drawn.randbytes(60_000)]

    async def work() -> None:
        stop, ports = asyncio.Event(), asyncio.get_running_loop().create_future()
        limits = Limits(failures=MESSAGES)
        serving = asyncio.create_task(
            serve(database, TableSink(), DOORS, limits=limits, ready=ports.set_result, stop=stop)
        )
        port = dict(zip(DOORS, await ports, strict=True))
        having = (talk.have(drawn, port[talk.door]) for talk in talks)
        await asyncio.wait_for(asyncio.gather(*having, datagrams(port[DOORS[2]], alone, noise)), 60)
        stop.set()
        await serving

    asyncio.run(work())
    with connect(database) as own:
        rows = own.execute("select bytes, reason from telemetry.message").fetchall()
        values = own.execute("select device, count(*) from public.reading group by 1").fetchall()
    kept = {bytes(data) for data, _ in rows}
    taken = {bytes(data) for data, reason in rows if reason is None}
    now = datetime.now(UTC)
    for talk in talks:
        dialogue = talk.door.dialogue(Peer(talk.door.channel, "a:1"))
        pieces = dialogue.feed(talk.sent, now) + dialogue.close(now)
        assert b"".join(each.data for each in pieces) == talk.sent, "nothing is left out between messages"
        assert {each.data for each in pieces} <= kept
        assert set(talk.good) <= taken
        assert len(talk.told) == sum(len(each.answer(now)) for each in pieces if each.answer)
    assert set(alone) <= taken
    stored = dict(values)
    for talk in talks:
        prefix, each = ("sl651", 2) if talk.door is DOORS[0] else ("hj212", 1)
        assert stored[f"{prefix}:{talk.device}"] >= each * len(talk.good)
