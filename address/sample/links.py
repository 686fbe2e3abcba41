"""What meets at the sample's addresses: households, firms, city components, all made up 合成关联.

Ids and names are numbers under 合成; no person has a name here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from address.bundle import Links
from address.model import Element, Form
from address.sample.tree import numbered
from address.snapshot import Snapshot

HOUSEHOLDS: Final = 0.30
"""Share of rooms and farmsteads at which a household is registered."""
_FARMSTEADS: Final = tuple(Form).index(Form.VILLAGE)
_KINDS: Final = (
    ("household", "registered", "合成户"),
    ("firm", "operating", "合成企业"),
    ("component", "installed", "合成部件"),
)


def links(snapshot: Snapshot) -> Links:
    """Households at rooms and farmsteads, a firm at every shop, a city component at every pump station.

    Which ones is decided by the identity of the address: the same register has the same links.
    """
    tree, addresses = snapshot.components, snapshot.addresses
    element = tree.element[addresses.component]
    name = tree.name.take(pa.array(addresses.component))
    home = (element == Element.ROOM) | ((element == Element.DOOR) & (addresses.form == _FARMSTEADS))
    lot = np.frombuffer("".join(addresses.key.to_pylist()).encode(), dtype=np.uint8).reshape(-1, 36)[:, 30]
    sixteenth = np.where(lot >= ord("a"), lot - ord("a") + 10, lot - ord("0"))
    parent = tree.parent[addresses.component]
    shop = (element == Element.OBJECT) & (tree.element[parent] == Element.DOOR)
    pump = (element == Element.OBJECT) & pc.ends_with(name, "泵站").to_numpy(zero_copy_only=False)
    rows = [np.flatnonzero(home & (sixteenth < 16 * HOUSEHOLDS)), np.flatnonzero(shop), np.flatnonzero(pump)]
    counts = [len(each) for each in rows]
    kinds = np.repeat(np.arange(len(_KINDS)), counts)
    serial = [np.arange(1, count + 1) for count in counts]
    ids = pa.concat_arrays(
        [numbered(each, "", f"SYN-{kind[0].upper()}-") for each, kind in zip(serial, _KINDS, strict=True)]
    )
    called = pa.concat_arrays(
        [numbered(each, "", kind[2]) for each, kind in zip(serial, _KINDS, strict=True)]
    )
    return Links(
        address=np.concatenate(rows).astype(np.int32),
        kind=pa.array([kind for kind, _, _ in _KINDS]).take(pa.array(kinds)),
        role=pa.array([role for _, role, _ in _KINDS]).take(pa.array(kinds)),
        object_id=ids,
        object_name=called,
        confidence=np.ones(len(kinds)),
    )
