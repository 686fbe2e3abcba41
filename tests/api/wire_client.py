"""A small client over one kept connection, quick enough to load a server from a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit


class Wire:
    """One connection; a lost one is made anew for the next request."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, header fields and body; ConnectionError where the connection broke meanwhile."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address.hostname, self._address.port)
        reader, writer = self._streams
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            status_line, *lines = head.decode("latin-1").split("\r\n")[:-2]
            pairs = (line.partition(":") for line in lines)
            fields = {name.lower(): value.strip() for name, _, value in pairs}
            if "content-length" in fields:
                body = await reader.readexactly(int(fields["content-length"]))
            else:
                body = await _chunks(reader)
        except (asyncio.IncompleteReadError, OSError) as failure:
            self.close()
            raise ConnectionError(path) from failure
        if fields.get("connection", "").lower() == "close":
            self.close()
        return int(status_line.split()[1]), fields, body

    def close(self) -> None:
        """Leave."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


async def together(url: str, connections: int, ask: Callable[[Wire, int], object]) -> None:
    """Run ``ask(wire, number)`` on so many connections at once."""
    wires = [Wire(url) for _ in range(connections)]
    try:
        await asyncio.gather(*(ask(wire, number) for number, wire in enumerate(wires)))  # type: ignore[arg-type]
    finally:
        for wire in wires:
            wire.close()
