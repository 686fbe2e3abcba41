"""Parsing of addresses beside its peers, in one run: ``python -m benchmarks.address_parse [PYTHON]``.

PYTHON is the interpreter of an environment that has PyPI's cpca and jionlp
(``python -m venv peers && peers/bin/pip install cpca jionlp``); without it only ours is
measured. All read the same texts, written from the sample register with every level,
each on one core and by the processor's clock. cpca answers province, city and county,
jionlp down to the village, ours down to the room.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time

from address.model import Element
from address.parse import Parser
from address.sample import generate
from address.snapshot import Snapshot

_ADDRESSES = 20_000
_TEXTS = 40_000
_GOAL = 25_000.0

_PEERS = {
    "cpca": (40_000, "import cpca\nrun = lambda texts: cpca.transform(texts)"),
    "jionlp": (
        400,
        "import jionlp\njionlp.parse_location(texts[0], town_village=True)\n"
        "run = lambda texts: [jionlp.parse_location(text, town_village=True) for text in texts]",
    ),
}
_RUNNER = """
import json, sys, time
texts = json.load(sys.stdin)
{prepare}
run(texts[:10])
start = time.process_time()
run(texts)
sys.stdout.write("\\n" + json.dumps(len(texts) / (time.process_time() - start)))
"""


def texts_of(snapshot: Snapshot, count: int) -> list[str]:
    """Addresses as people write them in full, some without the upper units, some without suffixes."""
    draw = random.Random(1)
    components = snapshot.components
    names, elements = components.name.to_pylist(), components.element.tolist()
    texts = []
    for row in draw.choices(snapshot.addresses.component.tolist(), k=count):
        path: list[int] = []
        while row >= 0:
            path.append(row)
            row = int(components.parent[row])
        highest = draw.choice([Element.PROVINCE, Element.PREFECTURE, Element.COUNTY, Element.TOWN])
        text = "".join(names[each] for each in reversed(path) if elements[each] >= highest)
        texts.append(text.removesuffix("室") if draw.random() < 0.3 else text)
    return texts


def peer_rate(python: str, prepare: str, texts: list[str]) -> float | None:
    """Rows a second of a peer in its own environment; None where it is not there."""
    done = subprocess.run(
        [python, "-c", _RUNNER.format(prepare=prepare)],
        input=json.dumps(texts), text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stderr.strip().rsplit("\n", 1)[-1], file=sys.stderr)
        return None
    return float(done.stdout.rsplit("\n", 1)[-1])


def main() -> None:
    snapshot = generate(_ADDRESSES, 1)
    texts = texts_of(snapshot, _TEXTS)
    started = time.process_time()
    parser = Parser(snapshot)
    print(f"{'lexicon of the register':36s} {time.process_time() - started:10.2f} s")
    started = time.process_time()
    parser.parse_many(texts[:10])
    print(f"{'compiled, or loaded from the cache':36s} {time.process_time() - started:10.2f} s")
    rates = []
    for _ in range(3):
        started = time.process_time()
        columns = parser.parse_many(texts)
        rates.append(len(texts) / (time.process_time() - started))
    ours = max(rates)
    print(f"{'ours, to the room':36s} {ours:10.0f} rows/s   goal {_GOAL:.0f}   {ours / _GOAL:.2f} of it")
    print(f"{'items a row':36s} {columns.item_of[-1] / len(texts):10.1f}")
    started = time.process_time()
    for text in texts[:2000]:
        parser.parse(text)
    print(f"{'ours, one by one, as objects':36s} {2000 / (time.process_time() - started):10.0f} rows/s")
    for name, (count, prepare) in _PEERS.items() if len(sys.argv) > 1 else ():
        rate = peer_rate(sys.argv[1], prepare, texts[:count])
        if rate is not None:
            print(f"{'peer: ' + name:36s} {rate:10.0f} rows/s   ours : {name} {ours / rate:.2f} times")


if __name__ == "__main__":
    main()
