"""Station servers over real sockets and a real database."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hand_frames import check_value, report, up
from serving import database_of
from table_sink import TABLE, TableSink

from spatial.database import Connection, connect
from spatial.errors import PortTaken
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.intake import Intake
from spatial.observe.telemetry.server.limits import Limits
from spatial.observe.telemetry.server.service import serve
from spatial.observe.telemetry.server.tcp import TcpServer
from spatial.observe.telemetry.server.udp import UdpServer
from spatial.observe.telemetry.sink import Refused, Sink
from spatial.observe.telemetry.sl651 import frame, functions, reply
from spatial.observe.telemetry.sl651.address import Station

DOOR = Door("sl651/tcp", "127.0.0.1", 0)
PATIENCE_S = 60


@pytest.fixture(scope="module")
def ground(server_dsn: str, template: str) -> Iterator[str]:
    """A database with the sink's table for all tests here, each with stations of its own."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as own:
            own.execute(TABLE)
        yield dsn


@asynccontextmanager
async def served(
    dsn: str, sink: Sink | None = None, door: Door = DOOR, limits: Limits | None = None, groups: int = 64
) -> AsyncIterator[tuple[TcpServer, Intake]]:
    async with (
        Intake(dsn, sink or TableSink(), groups=groups) as intake,
        TcpServer(door, intake, limits) as server,
    ):
        yield server, intake


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), PATIENCE_S))


def sent_by(station: str, serial: int, items: str = "3812 1268") -> bytes:
    observed = (datetime(2020, 7, 24) + timedelta(minutes=serial)).strftime("%y%m%d%H%M")
    body = report(items, serial=serial, station=station, observed=observed)
    return up(functions.TIMED, body, station=station)


async def answer_of(reader: asyncio.StreamReader) -> frame.Frame:
    head = await reader.readexactly(14)
    return frame.decode(head + await reader.readexactly(frame.extent(head) - 14))


def stored(dsn: str, station: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as own:
        found = own.execute(
            "select m.id, k.repeats from telemetry.message m join telemetry.message_key k on k.message = m.id"
            " where m.device = %s order by 1",
            (f"sl651:{station}",),
        ).fetchall()
        values = own.execute("select count(*) from public.reading where device = %s", (f"sl651:{station}",))
        assert values.fetchone() == (len(found),)
        return found


def test_split_and_glued_frames_are_kept_and_confirmed_in_order(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            data = b"noise" + b"".join(sent_by("3707830001", serial) for serial in (1, 2, 3))
            for at in range(0, len(data), 17):
                writer.write(data[at : at + 17])
                await writer.drain()
            answers = [await answer_of(reader) for _ in range(3)]
            assert [int.from_bytes(each.body[:2]) for each in answers] == [1, 2, 3]
            assert {each.end for each in answers} == {frame.EOT}
            writer.close()

    run(scenario)
    assert len(stored(ground, "3707830001")) == 3


class HeldSink(TableSink):
    """Holds every write until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.reached = threading.Event(), threading.Event()

    def write(self, connection: Connection, readings: Sequence[Reading]) -> Sequence[Refused]:
        self.reached.set()
        self.go.wait(PATIENCE_S)
        return super().write(connection, readings)


def test_nothing_is_acknowledged_before_it_is_committed(ground: str) -> None:
    sink = HeldSink()

    async def scenario() -> None:
        async with served(ground, sink) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent_by("3707830002", 1))
            await asyncio.to_thread(sink.reached.wait)
            answer = asyncio.create_task(answer_of(reader))
            await asyncio.sleep(0.1)
            assert not answer.done() and stored(ground, "3707830002") == []
            sink.go.set()
            await answer
            assert len(stored(ground, "3707830002")) == 1
            writer.close()

    run(scenario)


def test_a_resend_over_another_connection_is_confirmed_again_and_counts_once(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground) as (server, _):
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(sent_by("3707830003", 9))
                assert (await answer_of(reader)).body[:2] == b"\x00\x09"
                writer.close()

    run(scenario)
    assert [repeats for _, repeats in stored(ground, "3707830003")] == [2]


def test_a_database_that_goes_away_loses_nothing(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground) as (server, intake):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for serial in range(1, 6):
                writer.write(sent_by("3707830004", serial))
                await answer_of(reader)
                with psycopg.connect(ground, autocommit=True) as admin:
                    admin.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where application_name = 'onemap-telemetry' and datname = current_database()"
                    )
            assert intake.figures.outages >= 4
            writer.close()

    run(scenario)
    assert [repeats for _, repeats in stored(ground, "3707830004")] == [0] * 5


def test_a_peer_that_never_reads_holds_up_nobody(ground: str) -> None:
    limits = Limits(write_s=1.0, waiting=2)

    async def scenario() -> None:
        async with served(ground, limits=limits) as (server, _):
            slow = socket.create_connection(("127.0.0.1", server.port))
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.setblocking(False)
            data = b"".join(sent_by("3707830005", serial % 60000 + 1) for serial in range(2000))
            flood = asyncio.create_task(flooding(slow, data))
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for serial in range(1, 4):
                writer.write(sent_by("3707830006", serial))
                await answer_of(reader)
            writer.close()
            await flood
            slow.close()

    run(scenario)
    assert len(stored(ground, "3707830006")) == 3


async def flooding(slow: socket.socket, data: bytes) -> None:
    """Send as much as is taken, again and again, until the server has had enough."""
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        for _ in range(200):
            await asyncio.wait_for(loop.sock_sendall(slow, data), PATIENCE_S)


def test_connections_of_one_address_are_bounded(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground, limits=Limits(connections_of_address=2)) as (server, _):
            held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
            held[0][1].write(sent_by("3707830007", 1))
            await answer_of(held[0][0])
            reader, _ = await asyncio.open_connection("127.0.0.1", server.port)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            assert server.turned_away == 1 and server.connections == 2
            for _, writer in held:
                writer.close()

    run(scenario)


def test_a_peer_with_many_damaged_frames_is_left(ground: str) -> None:
    good = sent_by("3707830008", 1)
    damaged = (good[:-1] + bytes((good[-1] ^ 1,))) * 20

    async def scenario() -> None:
        async with served(ground, limits=Limits(failures=5)) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(damaged)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    run(scenario)
    with connect(ground) as own:
        found = own.execute(
            "select distinct reason from telemetry.message where peer like '127.0.0.1:%%'"
        ).fetchall()
        assert ("bad-crc",) in found


def test_half_a_frame_is_given_up_and_the_next_one_is_taken(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground, limits=Limits(half_s=0.2)) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            claims_much = bytes.fromhex("7E7E010010100001A000320FFF02")
            writer.write(claims_much + sent_by("3707830009", 1))
            assert (await answer_of(reader)).body[:2] == b"\x00\x01"
            writer.close()

    run(scenario)


def test_bytes_that_drip_do_not_hold_a_frame_open(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground, limits=Limits(half_s=5, whole_s=0.3)) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(bytes.fromhex("7E7E010010100001A000320FFF02") + sent_by("370783000A", 1))
            answer = asyncio.create_task(answer_of(reader))
            while not answer.done():
                writer.write(b"\x00")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.close()

    run(scenario)


def test_stopping_answers_what_was_kept_and_keeps_what_was_answered(ground: str) -> None:
    async def scenario() -> int:
        async with served(ground) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"".join(sent_by("370783000B", serial) for serial in range(1, 801)))
            first = await answer_of(reader)
            assert first.body[:2] == b"\x00\x01"
            await server.stop()
            rest = await reader.read()
            writer.close()
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", server.port)
            return 1 + len(rest) // len(frame.encode(first))

    async def waited() -> None:
        answered = await scenario()
        assert answered == len(stored(ground, "370783000B")) > 0

    run(waited)


def test_a_question_to_a_station_that_is_connected(ground: str) -> None:
    async def scenario() -> None:
        async with served(ground) as (server, _):
            station = Station.of_county("370783", 12)
            question = frame.encode(
                reply.ask(functions.QUERY_NOW, station, 1, b"\xa0\x00", datetime.now(UTC))
            )
            assert not await server.send("sl651:370783000C", question)
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent_by("370783000C", 1))
            await answer_of(reader)
            assert await server.send("sl651:370783000C", question)
            asked = await answer_of(reader)
            assert (asked.function, asked.end) == (functions.QUERY_NOW, frame.ENQ)
            answer = up(
                functions.QUERY_NOW,
                report("3923 00000550", serial=2, station="370783000C"),
                station="370783000C",
            )
            writer.write(answer + sent_by("370783000C", 3))
            assert (await answer_of(reader)).body[:2] == b"\x00\x03", (
                "what answers a question is not confirmed"
            )
            writer.close()

    run(scenario)
    assert len(stored(ground, "370783000C")) == 3


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received.put_nowait(data)


@asynccontextmanager
async def datagrams(dsn: str, sink: Sink, groups: int = 64) -> AsyncIterator[Any]:
    async with (
        Intake(dsn, sink, groups=groups) as intake,
        UdpServer(Door("sl651/udp", "127.0.0.1", 0), intake) as server,
    ):
        loop = asyncio.get_running_loop()
        transport, client = await loop.create_datagram_endpoint(
            Datagrams, remote_addr=("127.0.0.1", server.port)
        )
        yield transport, client, intake
        transport.close()


def test_datagrams_are_answered_once_kept(ground: str) -> None:
    async def scenario() -> None:
        async with datagrams(ground, TableSink()) as (transport, client, _):
            transport.sendto(b"junk" + sent_by("3707830011", 1) + sent_by("3707830011", 2))
            answers = [frame.decode(await client.received.get()) for _ in range(2)]
            assert [int.from_bytes(each.body[:2]) for each in answers] == [1, 2]

    run(scenario)
    assert len(stored(ground, "3707830011")) == 2


def test_a_missing_packet_is_asked_for_by_its_number(ground: str) -> None:
    async def scenario() -> None:
        async with datagrams(ground, TableSink()) as (transport, client, _):
            whole = report("3812 1268", serial=7, station="3707830012") + b"\x38\x12\x12\x69" * 30
            one = frame.decode(up(functions.TIMED, whole, station="3707830012"))
            packets = [frame.encode(each) for each in frame.split(one, 60)]
            for packet in (packets[0], packets[2]):
                transport.sendto(packet)
            refusal = frame.decode(await client.received.get())
            assert (refusal.end, refusal.body[:2]) == (frame.NAK, b"\x00\x07")
            assert refusal.packet == frame.Packet(3, 2)
            transport.sendto(packets[1])
            confirmation = frame.decode(await client.received.get())
            assert (confirmation.end, confirmation.body[:2]) == (frame.EOT, b"\x00\x07")
            assert confirmation.packet == frame.Packet(3, 3)

    run(scenario)


def test_datagrams_without_room_are_not_answered_and_come_again(ground: str) -> None:
    sink = HeldSink()

    async def scenario() -> None:
        async with datagrams(ground, sink, groups=1) as (transport, client, intake):
            transport.sendto(sent_by("3707830013", 1))
            await asyncio.to_thread(sink.reached.wait)
            while not intake.figures.dropped:
                for serial in range(2, 12):
                    transport.sendto(sent_by("3707830013", serial))
                await asyncio.sleep(0.02)
            sink.go.set()
            answered = {frame.decode(await client.received.get()).body[:2]}
            while len(answered) < 11:
                for serial in range(1, 12):
                    if serial.to_bytes(2) not in answered:
                        transport.sendto(sent_by("3707830013", serial))
                await asyncio.sleep(0.1)
                while not client.received.empty():
                    answered.add(frame.decode(client.received.get_nowait()).body[:2])

    run(scenario)
    assert len(stored(ground, "3707830013")) == 11


def hj212(groups: str, *, cn: int = 2011) -> bytes:
    segment = f"QN=20260801085857223;ST=22;CN={cn};PW=100000;MN=A1;Flag=5;CP=&&{groups}&&".encode()
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return b"##" + f"{len(segment):04d}".encode() + segment + f"{register:04X}\r\n".encode()


def test_hj212_two_in_one_segment_a_bad_one_and_a_cut_one(ground: str) -> None:
    first, second = (
        hj212("DataTime=20260801085800;a34004-Rtd=35"),
        hj212("DataTime=20260801085900;a34004-Rtd=36"),
    )

    async def scenario() -> None:
        async with served(ground, door=Door("hj212/tcp", "127.0.0.1", 0)) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(first.replace(b"Rtd=35", b"Rtd=99") + first + second + first[:40])
            for _ in range(2):
                line = await reader.readuntil(b"\r\n")
                assert b"QN=20260801085857223;ST=91;CN=9014;PW=100000;MN=A1;Flag=4;CP=&&&&" in line
            writer.close()
            await writer.wait_closed()

    run(scenario)
    with connect(ground) as own:
        values = own.execute(
            "select value from public.reading where device = 'hj212:A1' order by time"
        ).fetchall()
        assert values == [(35.0,), (36.0,)]
        reasons = own.execute(
            "select reason from telemetry.message where channel = 'hj212/tcp' and kind = 'none' order by id"
        ).fetchall()
        assert reasons == [("bad-crc",), ("truncated",)]


def test_a_taken_port_is_named(ground: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            asyncio.run(serve(ground, TableSink(), [Door("sl651/tcp", "127.0.0.1", port)]))
    assert str(port) in caught.value.en


def test_the_check_value_of_an_answer(ground: str) -> None:
    """Held against the bit-by-bit one, as every station will do."""

    async def scenario() -> None:
        async with served(ground, door=Door("sl651/tcp", "127.0.0.1", 0, stay=True)) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent_by("3707830014", 1))
            data = await reader.readexactly(25)
            assert check_value(data[:-2]).to_bytes(2) == data[-2:] and data[22] == frame.ESC
            writer.close()

    run(scenario)
