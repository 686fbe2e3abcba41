"""Bulk answers 批量输出: all that matches, of one snapshot, sent as it is read.

The first piece is made before the answer begins, so that what fails at once is a
problem with its status. What fails later breaks the connection off: a cut file
must not look like a whole one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from urllib.parse import quote

from api.formats import delimited, jsonfg, links, sequence
from api.formats.columns import Columns
from api.formats.extract import Extract
from api.formats.negotiate import KINDS, Format
from api.wire import Header, Reply, unless_gone

Writer = Callable[[Extract], AsyncIterator[bytes]]


class Bulk:
    """One writer for each format."""

    def __init__(self) -> None:
        self._columns = columns = Columns()
        self._writers: dict[Format, Writer] = {
            "jsonfg": jsonfg.write,
            "csv": delimited.write,
            "geojsonl": sequence.write,
            "fgb": columns.flatgeobuf,
            "parquet": columns.parquet,
        }

    async def close(self) -> None:
        """Let go of what is kept for the next answer."""
        await self._columns.close()

    async def reply(self, extract: Extract, cache: Header, etag: str, vary: list[bytes]) -> Reply:
        """The answer; for HEAD nothing is read."""
        headers = [cache, *_headers(extract)]
        stream = self._writers[extract.asked.format](extract)
        assert isinstance(stream, AsyncGenerator)
        first = b""
        if extract.request.method != "HEAD":
            try:
                first = await unless_gone(extract.request, _first(stream))
            except BaseException:
                await stream.aclose()
                raise
        return Reply(200, headers, first, stream=stream, etag=etag, vary=vary)


async def _first(stream: AsyncIterator[bytes]) -> bytes:
    return await anext(stream, b"")


def _headers(extract: Extract) -> list[Header]:
    kind = KINDS[extract.asked.format]
    parameters = delimited.MEDIA_PARAMETERS if extract.asked.format == "csv" else ""
    headers: list[Header] = [
        (b"content-type", f"{kind.media}{parameters}".encode()),
        (b"content-crs", f"<{extract.asked.edge.uri}>".encode()),
        (b"content-disposition", _disposition(extract)),
        (b"link", _link_header(extract)),
    ]
    for name, value in extract.told.items():
        name = name.replace("onemap:", "onemap-")
        headers.append((name.encode(), quote(value, safe=":+").encode()))
    if extract.matched is not None:
        headers.append((b"onemap-number-matched", str(extract.matched).encode()))
    return headers


def _disposition(extract: Extract) -> bytes:
    """A plain name for old readers, the Chinese one for the others (RFC 6266, RFC 8187)."""
    contract, suffix = extract.layer.contract, KINDS[extract.asked.format].suffix
    shown = "".join(mark for mark in extract.title if mark not in '/\\:*?"<>|')
    name = quote(f"{shown}{suffix}", safe="")
    how = "inline" if extract.asked.format == "jsonfg" else "attachment"
    return f"{how}; filename=\"{contract.id}{suffix}\"; filename*=UTF-8''{name}".encode()


def _link_header(extract: Extract) -> bytes:
    """The links of the page (RFC 8288): most of these formats have no place for them."""
    told = links.of_items(extract.request, extract.layer, extract.asked, extract.base, extract.following)
    wanted = [each for each in told if each["rel"] != "alternate"]
    return ", ".join(
        f'<{each["href"]}>; rel="{each["rel"]}"; type="{each["type"]}"' for each in wanted
    ).encode()
