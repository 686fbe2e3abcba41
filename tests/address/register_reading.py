"""What a register in the database says: as it is stored, and as its tree says."""

from __future__ import annotations

from datetime import datetime

from address import store
from address.places import Places
from spatial.database import Connection


def texts(connection: Connection, when: datetime) -> dict[str, str]:
    """Full texts of the addresses by key, as stored."""
    rows = connection.execute(
        "select fid, full_text from history.addresses_believed where valid_from <= %s and valid_to > %s",
        (when, when),
    )
    return dict(rows.fetchall())


def derived(connection: Connection, when: datetime) -> dict[str, str]:
    """As the tree says, read independently of what wrote them."""
    places = Places(store.snapshot(connection, when))
    addresses = places.snapshot.addresses
    return {
        key: places.text(row)
        for key, row in zip(addresses.key.to_pylist(), addresses.component.tolist(), strict=True)
    }
