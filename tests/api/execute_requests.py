"""What the tests of processes share: a server with layers and a worker, and requests to run something."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from pathlib import Path

import httpx
import shapely
from api_serving import AREAS, POINTS, Place, Served, contract, database_of, deliver, publish, server

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import ended, worker

EXCEPTION = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
TOWNS = [
    Place("T1", shapely.box(118.60, 36.79, 118.70, 36.85), "甲镇"),
    Place("T2", shapely.box(118.70, 36.79, 118.76, 36.85), "乙镇"),
]


@contextmanager
def working_server(server_dsn: str, template: str, folder: Path) -> Iterator[Served]:
    """``points``, ``areas``, ``towns`` (divisions), layers for one test each, and a worker."""
    with database_of(server_dsn, template) as dsn:
        for name in ("points", "replayed", "compared", "loaded"):
            publish(dsn, contract(name))
        publish(dsn, contract("areas", "Polygon"))
        publish(dsn, contract("towns", "Polygon"))
        deliver(dsn, "points", POINTS)
        deliver(dsn, "areas", AREAS)
        deliver(dsn, "towns", TOWNS)
        with server(dsn, folder / "server.log") as running, worker(dsn, folder / "worker.log"):
            yield running


def execute(served: Served, process: str, body: object, prefer: str | None = None) -> httpx.Response:
    headers = {"prefer": prefer} if prefer else {}
    return served.client.post(f"/processes/{process}/execution", json=body, headers=headers)


def now(served: Served, process: str, **inputs: object) -> dict:
    answer = execute(served, process, {"inputs": inputs})
    assert answer.status_code == 200, answer.text
    return answer.json()


def later(served: Served, process: str, body: object) -> httpx.Response:
    """The results of a job, when it is over."""
    answer = execute(served, process, body, "respond-async")
    assert answer.status_code == 201, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    address = answer.headers["location"]
    assert answer.json()["status"] == "accepted"
    ended(served.dsn, answer.json()["jobID"])
    return served.get(f"{address}/results")


def both(served: Served, process: str, **inputs: object) -> dict:
    """The result at once, which a job finds alike."""
    at_once = now(served, process, **inputs)
    assert later(served, process, {"inputs": inputs}).json() == at_once
    return at_once


def parts(answer: httpx.Response) -> dict[str, bytes]:
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + answer.content)
    return {part["Content-ID"].strip("<>"): part.get_payload(decode=True) for part in message.get_payload()}
