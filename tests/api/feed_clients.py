"""Followers of the change feed, as a department's system would write them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

RETRY_S = 0.1
"""Between two attempts, as every client waits."""


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Blocks of an event stream as dictionaries; comments are left out."""
    block: dict[str, str] = {}
    for line in lines:
        if not line:
            if block:
                yield block
            block = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            block[name] = value


@dataclass
class Follower:
    """Follows a stream in a thread; takes up again where it was cut off, until it has enough."""

    url: str
    enough: int
    params: dict[str, str] = field(default_factory=dict)
    since: str = "now"
    path: str = "/changes/stream"
    name: str = "changeset"
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    failure: BaseException | None = None
    open: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        """Begin to follow; ``open`` is set once the stream stands."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        try:
            while len(self.seen) < self.enough:
                with suppress(httpx.TransportError):
                    self._listen()
                time.sleep(RETRY_S)
        except BaseException as failure:  # told by the test, on its own thread
            self.failure = failure

    def _listen(self) -> None:
        headers = self.headers | ({"last-event-id": self.since} if self.connections else {})
        params = {**self.params, "since": self.since}
        with httpx.stream(
            "GET", f"{self.url}{self.path}", params=params, headers=headers, timeout=30
        ) as answer:
            if answer.status_code == 503:
                return
            assert answer.status_code == 200, answer.read()
            self.connections += 1
            for block in events(answer.iter_lines()):
                self.since = block.get("id", self.since)
                self.open.set()
                if "data" in block:
                    assert block["event"] == self.name
                    self.seen.append(json.loads(block["data"]))
                if len(self.seen) >= self.enough:
                    return
