"""From the wire into the store of observations: counted once, corrected by nothing, refused by value."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hand_frames import WORKED
from psycopg.types.json import Jsonb

sys.path.insert(0, str(Path(__file__).parents[1] / "observe"))
from observed_series import datastreams

from spatial.database import connect
from spatial.observe.telemetry import store
from spatial.observe.telemetry.recording import Recorder
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.service import serve
from spatial.observe.telemetry.sl651 import frame
from spatial.observe.telemetry.store import Listing

STATION = "sl651:0010100001"


async def delivered(dsn: str, times: int) -> list[frame.Frame]:
    stop, ports = asyncio.Event(), asyncio.get_running_loop().create_future()
    door = Door("sl651/tcp", "127.0.0.1", 0)
    serving = asyncio.create_task(serve(dsn, Recorder(), [door], ready=ports.set_result, stop=stop))
    answers = []
    for _ in range(times):
        reader, writer = await asyncio.open_connection("127.0.0.1", (await ports)[0])
        writer.write(WORKED)
        answers.append(frame.decode(await reader.readexactly(25)))
        writer.close()
    stop.set()
    await serving
    return answers


def test_a_report_becomes_observations_once(database: str) -> None:
    with connect(database) as own:
        (level,) = datastreams(own, 1, properties=f'{{"key": "{STATION}-Z"}}')
        own.execute("update observe.thing set properties = %s", (Jsonb({"key": STATION}),))
        own.execute("update observe.observed_property set properties = %s", (Jsonb({"key": "sl651:Z"}),))
    answers = asyncio.run(asyncio.wait_for(delivered(database, 3), 60))
    assert [each.end for each in answers] == [frame.EOT] * 3
    with connect(database) as own:
        found = own.execute("select datastream, result_number from observe.observation").fetchall()
        assert found == [(level, 0.55)]
        (message,) = store.listed(own, Listing())
        assert (message.state, message.unstored) == ("accepted", 3)
        assert message.detail and "unknown-datastream" in message.detail
        assert replay(own, Listing(), Recorder()) == {"replayed": 1}
        assert own.execute("select count(*) from observe.observation").fetchone() == (1,)
        assert own.execute("select count(*) from observe.superseded").fetchone() == (0,)


def test_a_station_that_nobody_registered_is_rejected_and_confirmed(database: str) -> None:
    asyncio.run(asyncio.wait_for(delivered(database, 1), 60))
    with connect(database) as own:
        (message,) = store.listed(own, Listing(state="rejected"))
        assert (message.reason, message.data) == ("unknown-device", WORKED)
