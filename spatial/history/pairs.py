"""Texts looked for by their pairs of characters 字对: the SQL of the index and of what it is asked for."""

from __future__ import annotations

from functools import lru_cache

from psycopg.sql import Identifier

from spatial.history.model import FeatureTable


@lru_cache(maxsize=256)
def pairs_sql(table: FeatureTable, alias: str = "") -> str:
    """The pairs of all that is searched in a row; the key is read from the identity."""
    columns = (Identifier("fid" if name == table.key else name).as_string(None) for name in table.searched)
    return f"history.pairs({', '.join(alias + column for column in columns)})"
