"""Restriction extracts of a planned city, over HTTP: parcels, areas and points, as JSON and as PDF.

    python -m benchmarks.planning_extract --parcels 300000 [--database NAME]

Makes a database on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) with the planning sample of so many
parcels (合成数据), or takes one that has it. Every answer is held against its schema, outside the time.
Beside the wall time stands the processor time of server and database for each answer: that does not
depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import email
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
from jsonschema import Draft202012Validator

from benchmarks import processor
from benchmarks.feature_servers import ours
from benchmarks.planning import DAY, SEED, over_sample, projects, sample

JSON_MS, PDF_MS = 100.0, 2000.0
WARM = 5
"""Answers before those that count: a server process reads its code with the first."""


def main() -> None:
    """Measures, and prints each figure."""
    asked = over_sample(__doc__)
    asked.add_argument("--extracts", type=int, default=200, help="of each kind, as JSON")
    asked.add_argument("--pdf", type=int, default=40, help="of each kind, as PDF")
    options = asked.parse_args()
    with sample(options) as dsn:
        measured(dsn, options)


def measured(dsn: str, options: argparse.Namespace) -> None:
    """Everything, over one database."""
    schema = resources.files("planning").joinpath("assets", "restriction-extract.schema.json")
    valid = Draft202012Validator(json.loads(schema.read_text("utf-8")))
    with tempfile.TemporaryDirectory() as folder, ours(dsn, Path(folder)) as url:
        client = httpx.Client(base_url=url, timeout=300)
        for name, inputs in kinds(dsn, options.extracts + WARM):
            answers(client, dsn, name, inputs, valid, JSON_MS)
            pdfs = [{**each, "pdf": True} for each in inputs[: options.pdf + WARM]]
            answers(client, dsn, f"{name}, PDF", pdfs, valid, PDF_MS)


def kinds(dsn: str, count: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What is asked for; the same each time."""
    r = np.random.default_rng(SEED)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select fid from history.land_use_survey_believed order by fid").fetchall()
    chosen = r.choice(len(rows), count, replace=False)
    yield "parcel", [{"bsm": rows[place][0]} for place in chosen]
    yield "area of 5 ha", [{"place": each["geometry"]} for each in projects(count, 5.0)]
    yield (
        "point",
        [
            {"place": {"type": "Point", "coordinates": [float(x), float(y)]}}
            for x, y in zip(r.uniform(118.68, 118.97, count), r.uniform(36.80, 37.15, count), strict=True)
        ],
    )


def answers(
    client: httpx.Client,
    dsn: str,
    name: str,
    inputs: Sequence[Mapping[str, Any]],
    valid: Draft202012Validator,
    goal_ms: float,
) -> None:
    """One after the other."""
    spent, right, size = [], 0, 0
    with processor.spent(dsn) as busy:
        for each in inputs:
            start = time.perf_counter()
            answer = client.post(
                "/processes/restriction-extract/execution", json={"inputs": {**each, "datetime": DAY}}
            )
            spent.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200, answer.text[:500]
            size += len(answer.content)
            told = parts(answer)
            assert ("pdf" in each) == any(part.startswith(b"%PDF") for part in told)
            right += valid.is_valid(json.loads(told[0]))
    p50, p95 = np.percentile(spent[WARM:], [50, 95])
    count = len(inputs)
    said = "" if p95 <= goal_ms else "  MISSED"
    print(
        f"{name:>18}: p50 {p50:7.1f}  p95 {p95:7.1f} ms (goal {goal_ms:.0f}){said};"
        f" processor time each {busy.whole_s / count * 1000:.1f} ms, of it in the database"
        f" {busy.database_s / count * 1000:.1f}; {size / count / 1000:.0f} kB;"
        f" {right} of {count} by the schema; load {os.getloadavg()[0]:.1f}"
    )


def parts(answer: httpx.Response) -> list[bytes]:
    """The outputs of an answer: one is its body, several come as a message of parts."""
    kind = answer.headers["content-type"]
    if not kind.startswith("multipart/"):
        return [answer.content]
    message = email.message_from_bytes(b"Content-Type: %b\r\n\r\n%b" % (kind.encode(), answer.content))
    return [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]  # type: ignore[misc]


if __name__ == "__main__":
    main()
