"""What the sample assets read of the database: the addresses to which they are tied."""

from __future__ import annotations

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.sample.loading import VALID_FROM


def addresses(connection: Connection) -> tuple[tuple[str, ...], list[tuple[float, float]]]:
    """Identities and positions of the register's addresses, in order of identity; none without a register."""
    if "addresses" not in {layer.contract.id for layer in catalogue.layers(connection)}:
        return (), []
    rows = connection.execute(
        "select fid, ST_X(geom), ST_Y(geom) from history.addresses_believed"
        " where valid_from <= %(day)s and valid_to > %(day)s and geom is not null order by fid",
        {"day": VALID_FROM},
    ).fetchall()
    return tuple(row[0] for row in rows), [(row[1], row[2]) for row in rows]
