"""CSV (RFC 4180) in UTF-8 with a byte order mark, without which spreadsheets take Chinese for noise.

A value is given as it is, also one that begins with ``=``, ``+``, ``-`` or ``@``:
a mark before it would be other data to every program. Who opens the file with a
spreadsheet imports such columns as text, or takes the XLSX of ``onemap export``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from api.formats.extract import Extract
from spatial.history import rows

MEDIA_PARAMETERS = ";charset=utf-8;header=present"
_MARK = b"\xef\xbb\xbf"
_NEXT_ROW = b"\r\n"


async def write(extract: Extract) -> AsyncIterator[bytes]:
    """A header of field names, then a row a feature."""
    table, columns = extract.layer.table, extract.columns
    projected = extract.asked.edge.projected
    names = rows.csv_header(table, columns, projected)
    header = _MARK + ",".join(names).encode() + _NEXT_ROW
    async for chunk in extract.chunks(rows.csv_line(table, columns, extract.query.output, projected)):
        yield header + chunk.lines + _NEXT_ROW
        header = b""
    yield header
