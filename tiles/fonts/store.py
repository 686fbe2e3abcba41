"""The characters that stand in the database 库中用字. The only SQL about fonts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from psycopg.sql import SQL, Identifier

from spatial.catalogue.contract import FieldType, Secrecy, Sharing
from spatial.catalogue.store import Layer
from spatial.database import Connection


def characters(connection: Connection, layer: Layer, *, public: bool = False) -> Counter[int]:
    """How often each character stands in the texts of a layer: of all its versions, identities included.

    ``public`` counts what everybody may read, and nothing where the layer is
    not shared without conditions.
    """
    contract = layer.contract
    if public and contract.sharing is not Sharing.OPEN:
        return Counter()
    texts = [
        field.name
        for field in contract.fields
        if field.type is FieldType.TEXT and not (public and field.secrecy is not Secrecy.PUBLIC)
    ]
    columns = texts if public else ["fid", *texts]
    found: Counter[int] = Counter()
    for column in columns:
        statement = SQL(
            "select ascii(mark), count(*) from history.{} t, unnest(string_to_array(t.{}::text, null)) mark"
            " where mark <> '' group by mark"
        ).format(Identifier(layer.table.name), Identifier(column))
        found.update(dict(connection.execute(statement).fetchall()))
    return found


def published(connection: Connection, layers: Iterable[Layer]) -> Counter[int]:
    """How often each character stands in what everybody may read."""
    found: Counter[int] = Counter()
    for layer in layers:
        found.update(characters(connection, layer, public=True))
    return found
