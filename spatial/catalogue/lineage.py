"""Lineage 数据沿袭: what was derived from what, by which code, and what is stale.

A product is a changeset (``changeset/12``) or the result of a job (``job/…``).
It rests on states of layers, each named by the changeset after which it was
believed, so every product can be rebuilt from exactly what it was made of, and
is stale as soon as one of its layers has moved on. The terms are those of W3C
PROV: entity, activity, agent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from spatial import VERSION
from spatial.database import Connection


@dataclass(frozen=True, slots=True)
class Source:
    """A state of a layer: the layer as it was believed after a changeset."""

    layer: str
    changeset: int


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
    """The layer a changeset belongs to; ``None`` for the result of a job."""
    newest_changeset: int
    """The newest changeset of the source layer now."""

    @property
    def stale(self) -> bool:
        """The source has moved on since 已过时."""
        return self.newest_changeset > self.source_changeset


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
    return _found(connection, "d.product = %s", product)


def products_of(connection: Connection, layer: str) -> tuple[Derivation, ...]:
    """What was made from any state of a layer, newest first."""
    return _found(connection, "d.source_layer = %s", layer)


def delivered(connection: Connection, changeset: int) -> Delivered | None:
    """The original that a changeset was read from; ``None`` where it came by another way."""
    with connection.cursor(row_factory=class_row(Delivered)) as cursor:
        return cursor.execute(
            "select sha256, file_name, format, source_frame from spatial.source_reading where changeset = %s",
            (changeset,),
        ).fetchone()


def _found(connection: Connection, condition: str, value: object) -> tuple[Derivation, ...]:
    with connection.cursor(row_factory=class_row(Derivation)) as cursor:
        return tuple(
            cursor.execute(
                "select d.product, d.source_layer, d.source_changeset, d.activity, d.code_version,"
                " d.parameters, d.parameters_sha256, d.recorded_at,"
                " coalesce((select max(c.id) from spatial.changeset c where c.layer = d.source_layer),"
                " d.source_changeset) newest_changeset, p.layer product_layer"
                " from spatial.derivation d"
                " left join spatial.changeset p on d.product = 'changeset/' || p.id"
                f" where {condition}"
                " order by d.id desc",
                (value,),
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
