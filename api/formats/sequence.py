"""GeoJSON text sequence 逐条 GeoJSON (RFC 8142): each feature a record, read as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator

from api.formats.extract import Extract
from spatial.history import rows


async def write(extract: Extract) -> AsyncIterator[bytes]:
    """The features as items have them, without anything around."""
    async for chunk in extract.chunks(rows.sequence_line(extract.query.output)):
        yield chunk.lines
