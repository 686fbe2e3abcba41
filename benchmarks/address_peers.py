"""The peers of the address benchmark: pg_trgm in the same database, addok with Redis, cpca and jionlp."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial.database import Connection

_WAIT_S = 10.0


@dataclass(frozen=True)
class Outcome:
    """Of one matcher: rows a second of one query after the other, and the share of right first answers."""

    rate: float
    top_1: float
    memory_mib: float


def trigrams(
    connection: Connection, texts: Sequence[str], asked: Sequence[str], truth: Sequence[int]
) -> Outcome:
    """The nearest text by pg_trgm, from a GiST index over the full texts."""
    connection.execute("create extension if not exists pg_trgm")
    connection.execute("create unlogged table written (row integer, text text)")
    with connection.cursor() as cursor, cursor.copy("copy written from stdin") as copy:
        for row, text in enumerate(texts):
            copy.write_row((row, text))
    connection.execute("create index written_text on written using gist (text gist_trgm_ops)")
    connection.execute("analyze written")
    (size,) = connection.execute("select pg_total_relation_size('written')").fetchone() or (0,)
    right, start = 0, time.perf_counter()
    for text, wanted in zip(asked, truth, strict=True):
        found = connection.execute("select row from written order by text <-> %s limit 1", (text,)).fetchone()
        right += found is not None and texts[found[0]] == texts[wanted]
    return Outcome(len(asked) / (time.perf_counter() - start), right / len(asked), size / 2**20)


_TOKENS = '''
import re
def tokenize(pipe):
    """A Chinese character is a word: addok's own words end at blanks, of which addresses have none."""
    for text in pipe:
        for position, found in enumerate(re.findall("[\\u3400-\\u9fff]|[a-zA-Z]+|[0-9]+", str(text))):
            yield Token(found, position=position)
from addok.helpers.text import Token
'''
_CONFIG = """
import addok.config.default as default
PROCESSORS_PYPATHS = ["chinese.tokenize", *default.PROCESSORS_PYPATHS[1:]]
REDIS = {{"unix_socket_path": {socket!r}, "indexes": {{"db": 0}}, "documents": {{"db": 1}}}}
MIN_EDGE_NGRAMS = MAX_EDGE_NGRAMS = 1
"""
_ASK = """
import json, sys, time
from addok.config import config
config.load()
from addok.core import search
from addok.http.base import *  # the filters and helpers of a server
asked = json.load(sys.stdin)
search(asked[0], autocomplete=False)
start = time.perf_counter()
found = []
for text in asked:
    results = search(text, limit=1, autocomplete=False)
    found.append(str(results[0]) if results else "")
sys.stdout.write("\\n" + json.dumps([len(asked) / (time.perf_counter() - start), found]))
"""


def addok(python: str, texts: Sequence[str], asked: Sequence[str], truth: Sequence[int]) -> Outcome | str:
    """addok of that environment over a Redis of its own; what is missing where it cannot run."""
    redis = shutil.which("redis-server")
    if redis is None:
        return "redis-server is missing: apt-get install redis-server"
    if subprocess.run([python, "-c", "import addok"], capture_output=True, check=False).returncode:
        return f"addok is missing: {python} -m pip install addok"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        socket = place / "redis.sock"
        (place / "chinese.py").write_text(_TOKENS)
        (place / "config.py").write_text(_CONFIG.format(socket=str(socket)))
        lines = (
            json.dumps(
                {"id": str(row), "type": "street", "name": text, "importance": 0, "lat": 36.9, "lon": 118.7}
            )
            for row, text in enumerate(texts)
        )
        (place / "texts.json").write_text("\n".join(lines))
        environment = {
            **os.environ, "PYTHONPATH": folder, "ADDOK_CONFIG_MODULE": str(place / "config.py"),
        }  # fmt: skip
        command = [redis, "--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", ""]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _WAIT_S
            while not socket.exists() and time.monotonic() < until:
                time.sleep(0.05)
            tool = str(Path(python).parent / "addok")
            for order in ([tool, "batch", str(place / "texts.json")],):
                done = subprocess.run(order, env=environment, capture_output=True, text=True, check=False)
                if done.returncode:
                    return f"addok batch: {(done.stderr or done.stdout).strip().splitlines()[-1]}"
            done = subprocess.run(
                [python, "-c", _ASK], env=environment, input=json.dumps(list(asked)),
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                return f"addok: {done.stderr.strip().splitlines()[-1]}"
            rate, found = json.loads(done.stdout.rsplit("\n", 1)[-1])
            memory = _resident_mib(server.pid)
        finally:
            server.terminate()
            server.wait()
    right = sum(each.startswith(texts[wanted]) for each, wanted in zip(found, truth, strict=True))
    return Outcome(rate, right / len(asked), memory)


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def parsers(python: str, texts: Sequence[str]) -> None:
    """cpca and jionlp read the texts; neither knows addresses, so there is no first answer to be right."""
    from address_parse import _PEERS, peer_rate

    for name, (count, prepare) in _PEERS.items():
        rate = peer_rate(python, prepare, list(texts[:count]))
        print(
            f"  {name:<22}" + ("not in that environment" if rate is None else f"{rate:>10,.0f} rows/s, parse")
        )
    sys.stdout.flush()
