"""Inputs and results by digest: each content is kept once, in pieces, however large."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from spatial.database import Connection
from spatial.errors import IntegrityBroken, NotFound

CHUNK_BYTES = 1 << 20


def canonical(value: object) -> bytes:
    """JSON in its one form: sorted keys, no spaces, UTF-8. Equal values have equal digests.

    >>> canonical({"b": 1.0, "a": "市"}).decode()
    '{"a":"市","b":1.0}'
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def keep(connection: Connection, content: bytes) -> bytes:
    """Keep these bytes; their digest."""
    sha256 = hashlib.sha256(content).digest()
    pieces = (content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES))
    _keep(connection, sha256, len(content), pieces)
    return sha256


def keep_file(connection: Connection, path: Path) -> tuple[bytes, int]:
    """Keep a file's bytes; their digest and size."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").digest()
    size = path.stat().st_size
    _keep(connection, sha256, size, _pieces(path))
    return sha256, size


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


def _keep(connection: Connection, sha256: bytes, size_bytes: int, pieces: Iterable[bytes]) -> None:
    # The update locks a row that is there already, so that no removal takes it from under us.
    kept = connection.execute(
        "insert into spatial.job_content (sha256, size_bytes) values (%s, %s)"
        " on conflict (sha256) do update set size_bytes = excluded.size_bytes returning xmax = 0",
        (sha256, size_bytes),
    ).fetchone()
    assert kept is not None
    if not kept[0]:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy spatial.job_content_chunk (sha256, number, bytes) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["bytea", "int4", "bytea"])
        for number, piece in enumerate(pieces):
            copy.write_row((sha256, number, piece))


def piece(connection: Connection, sha256: bytes, number: int) -> bytes | None:
    """One piece of at most ``CHUNK_BYTES``; None behind the last."""
    row = connection.execute(
        "select bytes from spatial.job_content_chunk where sha256 = %s and number = %s", (sha256, number)
    ).fetchone()
    return None if row is None else bytes(row[0])


def fetch(connection: Connection, sha256: bytes) -> bytes:
    """All of it; NotFound, and IntegrityBroken where bytes have changed."""
    rows = connection.execute(
        "select bytes from spatial.job_content_chunk where sha256 = %s order by number", (sha256,)
    ).fetchall()
    whole = b"".join(bytes(row[0]) for row in rows)
    if hashlib.sha256(whole).digest() == sha256:
        return whole
    if not rows:
        raise NotFound(
            f"没有这个摘要的内容:{sha256.hex()}",
            f"no content of that digest: {sha256.hex()}",
            value=sha256.hex(),
        )
    raise IntegrityBroken(
        f"内容与摘要不符:{sha256.hex()}",
        f"content does not match its digest: {sha256.hex()}",
        value=sha256.hex(),
    )


def drop_unused(connection: Connection, digests: Iterable[bytes]) -> None:
    """Remove those of the contents that no job and no schedule keeps any more."""
    some = list(digests)
    # Whoever keeps one of them at this moment is waited for, so that the next statement sees it.
    connection.execute(
        "select from spatial.job_content where sha256 = any(%s) order by sha256 for update", (some,)
    )
    connection.execute(
        "delete from spatial.job_content c where c.sha256 = any(%s)"
        " and not exists (select from spatial.job_output o where o.kept = c.sha256)"
        " and not exists (select from spatial.job j where j.inputs_kept = c.sha256)"
        " and not exists (select from spatial.job_schedule s where s.inputs_sha256 = c.sha256)",
        (some,),
    )
