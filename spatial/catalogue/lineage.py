"""Lineage 数据沿袭: what was derived from what, by which code, and what is stale.

A product is a changeset (``changeset/12``), the result of a job (``job/…``) or a
file that was given out by the command line (``file/SHA-256``). It rests on states
of layers, each named by the changeset after which it was believed, so every
product can be rebuilt from exactly what it was made of, and is stale as soon as
one of its layers has moved on. The terms are those of W3C PROV: entity,
activity, agent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from spatial import VERSION
from spatial.database import Connection

PRODUCTS_SHOWN = 1000
"""So many products of a layer are told, the newest."""


@dataclass(frozen=True, slots=True)
class Source:
    """A state of a layer: the layer as it was believed after a changeset."""

    layer: str
    changeset: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks what was made, and of which products they may know."""

    layers: Collection[str]
    """Those whose changesets they may know of."""
    department: str | None
    """Its jobs they may know of."""
    everyones: bool = False
    """The operator, who may know of all jobs and of the files that left by the command line."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """One edge: a product rests on a state of a layer."""

    product: str
    source_layer: str
    source_changeset: int
    activity: str
    """What was done: ``thematic-stat``, ``load`` …"""
    code_version: str
    parameters: Mapping[str, object]
    parameters_sha256: bytes
    recorded_at: datetime
    product_layer: str | None
    """The layer a changeset belongs to; ``None`` for the result of a job and for a file."""
    newest_changeset: int
    """The newest changeset of the source layer now, the product itself left out."""
    newest_used: int
    """The newest state of that layer that the product rests on: a difference rests on two."""
    result_sha256: bytes | None
    """Of a job: digest over all of its results, by which the same result made again is known."""

    @property
    def stale(self) -> bool:
        """The source has moved on since 已过时."""
        return self.newest_changeset > self.newest_used


@dataclass(frozen=True, slots=True)
class Delivered:
    """The original a changeset was read from 原件."""

    sha256: bytes
    file_name: str
    format: str
    source_frame: str | None


def product_of(changeset: int) -> str:
    """How a changeset is named as a product.

    >>> product_of(12)
    'changeset/12'
    """
    return f"changeset/{changeset}"


def product_of_file(sha256: bytes) -> str:
    """How a file that was given out is named as a product.

    >>> product_of_file(bytes(32))[:9]
    'file/0000'
    """
    return f"file/{sha256.hex()}"


def derive(
    connection: Connection,
    product: str,
    sources: Iterable[Source],
    *,
    activity: str,
    parameters: Mapping[str, object],
) -> None:
    """Record what a product was made from; once, in the transaction that makes it."""
    text = json.dumps(parameters, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into spatial.derivation (product, source_layer, source_changeset, activity,"
            " code_version, parameters, parameters_sha256) values (%s, %s, %s, %s, %s, %s, %s)"
            " on conflict do nothing",
            [
                (product, one.layer, one.changeset, activity, code_version(), Jsonb(parameters), digest)
                for one in sources
            ],
        )


def sources_of(connection: Connection, product: str) -> tuple[Derivation, ...]:
    """What a product was made from."""
    return _found(connection, "d.product = %(product)s", {"product": product})


def state_of(connection: Connection, layer: str, asof: datetime | None = None) -> Source | None:
    """A layer as it is believed now, or was at an instant; ``None`` where nothing is known of it then."""
    row = connection.execute(
        "select max(id) from spatial.changeset where layer = %s"
        " and (%s::timestamptz is null or recorded_at <= %s)",
        (layer, asof, asof),
    ).fetchone()
    return None if row is None or row[0] is None else Source(layer, int(row[0]))


def products_of(connection: Connection, layer: str, reader: Reader) -> tuple[Derivation, ...]:
    """What was made from any state of a layer, as far as the reader may know of it, newest first.

    The same result of several jobs is told once, by the newest of them.
    """
    found = _found(
        connection,
        "d.source_layer = %(layer)s and (p.layer = any(%(layers)s) or p.id is null"
        " and (%(everyones)s or j.department = %(department)s))",
        {
            "layer": layer,
            "layers": list(reader.layers),
            "department": reader.department,
            "everyones": reader.everyones,
        },
        PRODUCTS_SHOWN,
    )
    told: dict[tuple[object, ...], Derivation] = {}
    for one in found:
        same = one.product if one.result_sha256 is None else (one.activity, one.result_sha256)
        told.setdefault((same, one.source_changeset), one)
    return tuple(told.values())


def sources_of_file(connection: Connection, sha256: bytes) -> tuple[Source, ...]:
    """What a file was made from that the platform itself has made, known by its digest.

    Nothing for any other file, and where several results are this very file and
    rest on different states: then it cannot be known which of them it was.
    """
    rows = connection.execute(
        """
        select d.product, d.source_layer, d.source_changeset
        from (select %(file)s::text product
              union select 'job/' || o.job from spatial.job_output o
              where o.sha256 = %(sha256)s and o.file_name is not null) known
        join spatial.derivation d using (product)
        """,
        {"file": product_of_file(sha256), "sha256": sha256},
    ).fetchall()
    found: dict[str, set[Source]] = {}
    for product, layer, changeset in rows:
        found.setdefault(product, set()).add(Source(layer, changeset))
    possible = list(found.values())
    if not possible or any(one != possible[0] for one in possible):
        return ()
    return tuple(sorted(possible[0], key=lambda one: (one.layer, one.changeset)))


def delivered(connection: Connection, changeset: int) -> Delivered | None:
    """The original that a changeset was read from; ``None`` where it came by another way."""
    with connection.cursor(row_factory=class_row(Delivered)) as cursor:
        return cursor.execute(
            "select sha256, file_name, format, source_frame from spatial.source_reading where changeset = %s",
            (changeset,),
        ).fetchone()


def _found(
    connection: Connection, condition: str, values: Mapping[str, object], limit: int | None = None
) -> tuple[Derivation, ...]:
    with connection.cursor(row_factory=class_row(Derivation)) as cursor:
        return tuple(
            cursor.execute(
                f"""
                select d.product, d.source_layer, d.source_changeset, d.activity, d.code_version,
                  d.parameters, d.parameters_sha256, d.recorded_at, p.layer product_layer,
                  coalesce((select max(c.id) from spatial.changeset c
                    where c.layer = d.source_layer and c.id is distinct from p.id), d.source_changeset)
                    newest_changeset,
                  (select max(o.source_changeset) from spatial.derivation o
                    where o.product = d.product and o.source_layer = d.source_layer) newest_used,
                  (select sha256(string_agg(o.sha256, ''::bytea order by o.position))
                    from spatial.job_output o where o.job = j.id) result_sha256
                from spatial.derivation d
                left join spatial.changeset p
                  on p.id = case when d.product like 'changeset/%%' then substr(d.product, 11)::bigint end
                left join spatial.job j
                  on j.id = case when d.product like 'job/%%' then substr(d.product, 5)::uuid end
                where {condition}
                order by d.id desc limit %(limit)s
                """,
                {**values, "limit": limit},
            )
        )


@lru_cache(maxsize=1)
def code_version() -> str:
    """Version and digest of the code that runs, so that "by which code" means exactly one code."""
    digest = hashlib.sha256()
    for name, content in sorted(_files(resources.files("spatial"), "")):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{VERSION}+{digest.hexdigest()[:16]}"


def _files(folder: Traversable, prefix: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{prefix}/{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, name)
        elif entry.name.endswith((".py", ".sql", ".toml", ".csv")):
            yield name, entry.read_bytes()
