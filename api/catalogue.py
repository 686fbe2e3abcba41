"""The catalogue kept in memory by each worker, always as it is in the database.

One connection listens: a layer published, changed or withdrawn is known within
the time of a notification. Because a notification may be lost with its
connection, the catalogue is also compared every few seconds. While the database
is away, what was known stays, and ``ready`` says so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson
import psycopg
from psycopg.conninfo import make_conninfo

from api.bell import Bell
from api.lending import Patience
from api.shown import Shown as Shown
from api.shown import Span as Span
from api.touched import HERE, TOUCHED
from spatial.access import release
from spatial.access import store as access
from spatial.access.model import NOTHING, PUBLISHED, GrantedRights, Principal, Right
from spatial.access.release import ReleaseClass
from spatial.access.rules import rights, visible
from spatial.access.store import Admissions
from spatial.catalogue import quality, store
from spatial.catalogue.contract import Secrecy, Sharing
from spatial.database import connect
from spatial.errors import Unavailable, UnknownLayer, shorten
from spatial.history import feed, read
from spatial.history.feed import Seal
from spatial.history.veil import Veil

LOG = logging.getLogger("onemap.api")
CHANGES = "onemap_changes"
EVENTS = "onemap_events"
RECHECK_S = 5.0
RECONNECT_S = 0.2
SETTLE_S = 0.2
HEARTBEAT_S = 1.0
MEASURE_TIMEOUT_S = 5.0
SHOWN_KEPT = 4096


class Catalogue:
    """Layers by id, kept fresh by :meth:`run`."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._layers: Mapping[str, Shown] = MappingProxyType({})
        self._spans: dict[str, Span] = {}
        self._views: dict[tuple[str, GrantedRights], Shown] = {}
        self._shown_to: dict[tuple[str, int], tuple[Principal, Admissions, Shown]] = {}
        """What was found for a principal, by its object: with one credential always the same one comes."""
        self._loaded = False
        self.admissions = Admissions()
        """Keys and grants that stand."""
        self.limits: Mapping[str, ReleaseClass] = {}
        """Layers of which no more than a contiguous area may leave."""
        self.used: set[str] = set()
        """Keys used since that was last written down."""
        self._keyed: tuple[Seal, Veil] | None = None
        self.connected = False
        self.changes = Bell()
        """Rings when a changeset or an event was committed, and when the listening connection comes, goes."""
        self._late = False
        self.away = False
        """The database is known not to answer: no connection could be made."""
        self._looked = asyncio.Event()
        self._refreshed_at = time.monotonic()
        self.version = 0
        """Grows whenever a document made from the catalogue could read differently."""

    @property
    def layers(self) -> Mapping[str, Shown]:
        """All of them in drawing order, with every field: for the platform itself, not for answers."""
        if not self._loaded:
            raise Unavailable(
                "图层目录尚未读入,请稍后重试", "the catalogue is not loaded yet; try again later"
            )
        return self._layers

    @property
    def seal(self) -> Seal:
        """For the cursors of the change feed."""
        return self._key_of_the_database()[0]

    @property
    def veil(self) -> Veil:
        """For digests over fields that somebody may not see."""
        return self._key_of_the_database()[1]

    def _key_of_the_database(self) -> tuple[Seal, Veil]:
        if self._keyed is None:
            raise Unavailable("密钥尚未读入,请稍后重试", "the key is not loaded yet; try again later")
        return self._keyed

    @property
    def loaded(self) -> bool:
        """Whether the catalogue was read at least once."""
        return self._loaded

    @property
    def age_s(self) -> float:
        """Since it was last compared with the database, or since the start."""
        return time.monotonic() - self._refreshed_at

    @property
    def published(self) -> Mapping[str, Shown]:
        """All of them with their public fields only."""
        return {layer.id: self._view(layer, PUBLISHED) for layer in self.layers.values()}

    def seen_by(self, principal: Principal) -> Mapping[str, Shown]:
        """The layers somebody may know of, in drawing order, each with the fields they may see."""
        found: dict[str, Shown] = {}
        for layer in self.layers.values():
            held = self._held(layer, principal)
            if Right.READ in held:
                found[layer.id] = self._view(layer, held)
        return found

    def _held(self, layer: Shown, principal: Principal) -> GrantedRights:
        return rights(principal, layer.contract, _granted(self.admissions, principal, layer.id))

    def _view(self, layer: Shown, held: GrantedRights) -> Shown:
        """The layer with these rights; made once per state of the catalogue."""
        key = (layer.id, held)
        made = self._views.get(key)
        if made is None:
            shown = {name: pair for name, pair in layer.fields.items() if visible(pair[0], held)}
            internal = any(each.secrecy is not Secrecy.PUBLIC for each, _ in shown.values())
            columns = tuple(column for _, column in shown.values()) if internal else None
            made = self._views[key] = replace(layer, fields=shown, rights=held, columns=columns)
        return made

    def get(self, layer_id: str, principal: Principal) -> Shown:
        """A layer as somebody may see it, or ``UnknownLayer``, whether it is missing or hidden."""
        admissions = self.admissions
        kept = self._shown_to.get((layer_id, id(principal)))
        if kept is not None and kept[0] is principal and kept[1] is admissions:
            if kept[2].conditional:
                _mark(layer_id, kept[2])
            return kept[2]
        layer = self.layers.get(layer_id)
        found = None
        if layer is not None:
            granted = _granted(admissions, principal, layer_id)
            held = rights(principal, layer.contract, granted)
            found = self._view(layer, held) if Right.READ in held else None
            if principal.credential is not None:
                _mark(layer_id, found)
        if found is None:
            shown = shorten(layer_id)
            raise UnknownLayer(
                f"图层不存在、已停用或您无权查看,可用的见 /collections:{shown}",
                f"the layer does not exist, was withdrawn or is not for you;"
                f" /collections lists those that are: {shown}",
                value=shown,
            )
        # What the audit follows is marked each time, and a grant that ends some day is looked at.
        if not found.restricted and admissions.lasting(layer_id, principal.department):
            if len(self._shown_to) >= SHOWN_KEPT:
                self._shown_to.clear()
            self._shown_to[layer_id, id(principal)] = (principal, admissions, found)
        return found

    def unshared(self, principal: Principal) -> list[str]:
        """The layers that are not shared, of those that somebody named sees; the audit follows them."""
        if principal.credential is None:
            return []
        closed = [layer for layer in self.layers.values() if layer.contract.sharing is Sharing.CLOSED]
        return [layer.id for layer in closed if Right.READ in self._held(layer, principal)]

    def tell_of(self, layers: Iterable[str], principal: Principal) -> None:
        """Note for the audit that an answer tells of these layers, if none of their fields."""
        for layer_id in {*layers}.intersection(self.unshared(principal)):
            self.get(layer_id, principal)

    async def looked(self, within_s: float) -> None:
        """Until :meth:`run` has read the catalogue or could not, or the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), within_s)

    async def run(self) -> None:
        """Listen for ever; reconnect when the connection is lost."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, Unavailable, OSError) as failure:
                if self.connected:  # a lost connection alone says little: the next attempt does
                    LOG.warning("catalogue connection lost: %s", failure)
                    self.connected = False
                    self.changes.ring()
                    continue
                # Refused is refused; but a machine that is busy may be late once.
                late = isinstance(failure, TimeoutError | psycopg.errors.ConnectionTimeout)
                self.away = not late or self._late
                self._late = late
                if self.away:
                    self._looked.set()
                await asyncio.sleep(RECONNECT_S)
            except Exception:
                LOG.exception("catalogue could not be read")
                self.connected = False
                self._looked.set()
                await asyncio.sleep(RECHECK_S)

    async def _listen(self) -> None:
        conninfo = make_conninfo(self._dsn, application_name="onemap-catalogue", connect_timeout=2)
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            await connection.execute(f"listen {store.CHANNEL}")
            await connection.execute(f"listen {access.CHANNEL}")
            await connection.execute(f"listen {CHANGES}")
            await connection.execute(f"listen {EVENTS}")
            await self.refresh()
            self.connected, self.away = True, False
            self._looked.set()
            self.changes.ring()
            while True:
                changed: set[str] = set()
                heard = admitted = False
                async for note in connection.notifies(timeout=HEARTBEAT_S, stop_after=1):
                    if note.channel == EVENTS:  # of no layer
                        self.changes.ring()
                        continue
                    heard = True
                    admitted = admitted or note.channel == access.CHANNEL
                    if note.channel == CHANGES:
                        changed.add(_layer_of(note.payload))
                        self.changes.ring()
                if changed:  # edits come in swarms: one look for all of them
                    await asyncio.sleep(SETTLE_S)
                    async for note in connection.notifies(timeout=0):
                        self.changes.ring()
                        if note.channel == EVENTS:
                            continue
                        admitted = admitted or note.channel == access.CHANNEL
                        changed.add(_layer_of(note.payload))
                if admitted:
                    await asyncio.to_thread(self._admit)
                    self.changes.ring()  # who follows them may be somebody no more
                if admitted and not changed:
                    continue
                # A notification names what moved; silence is checked against the whole.
                if heard or self.age_s >= RECHECK_S:
                    before, contracts = self.version, self._contracts()
                    await self.refresh(changed if heard and changed else None)
                    # Who follows the layers may have others now; of what changed in them the bell told above.
                    if self._contracts() != contracts or (self.version != before and not changed):
                        self.changes.ring()
                else:
                    await _beat(connection)

    async def refresh(self, changed: set[str] | None = None) -> None:
        """Read the catalogue; measure anew the layers that changed or were not known."""
        await asyncio.to_thread(self._admit)
        shown, spans = await asyncio.to_thread(self._read, changed)
        if not self._loaded or shown != dict(self._layers):
            self._layers = MappingProxyType(shown)
            self._views, self._shown_to = {}, {}
            self._spans = spans
            self.version += 1
        self._loaded = True
        self._refreshed_at = time.monotonic()

    def _contracts(self) -> dict[str, bytes]:
        return {layer.id: layer.contract_sha256 for layer in self._layers.values()}

    def _admit(self) -> None:
        """Read keys and grants; write down which keys were used."""
        with connect(self._dsn, application="onemap-catalogue", autocommit=True) as connection:
            used, self.used = self.used, set()
            if used:
                access.used(connection, used)
            self.admissions = access.admissions(connection)
            if self._keyed is None:
                ((key,),) = connection.execute(feed.key().sql).fetchall()
                self._keyed = Seal(bytes(key)), Veil(bytes(key))
            self.limits = release.marked(connection)

    def _read(self, changed: set[str] | None) -> tuple[dict[str, Shown], dict[str, Span]]:
        dsn = make_conninfo(self._dsn, connect_timeout=2)
        with connect(dsn, application="onemap-catalogue", autocommit=True) as connection:
            connection.execute(f"set statement_timeout = '{MEASURE_TIMEOUT_S:g}s'")
            layers = sorted(
                (layer for layer in store.layers(connection) if layer.withdrawn_at is None),
                key=lambda layer: (layer.contract.order, layer.contract.id),
            )
            spans = {layer.contract.id: self._span(connection, layer, changed) for layer in layers}
        return {layer.contract.id: _shown(layer, spans[layer.contract.id]) for layer in layers}, spans

    def _span(
        self, connection: psycopg.Connection[Any], layer: store.Layer, changed: set[str] | None
    ) -> Span:
        """Measured again only when the layer's head moved."""
        known = self._spans.get(layer.contract.id)
        statement = read.head(layer.contract.id)
        row = connection.execute(statement.sql, statement.params).fetchone()
        head = row[0] if row else None
        if known is not None and known.changeset == head and layer.contract.id not in (changed or ()):
            return known
        return _measure(connection, layer, head)


def _granted(admissions: Admissions, principal: Principal, layer_id: str) -> GrantedRights:
    """What the layer's steward granted to the principal's department."""
    if principal.credential is None:
        return NOTHING
    return admissions.granted(layer_id, principal.department, datetime.now(UTC))


async def _beat(connection: psycopg.AsyncConnection[Any]) -> None:
    """Ask for nothing; where even that is not answered, the connection is lost."""
    with Patience(connection, HEARTBEAT_S):
        await connection.execute("select")


def _measure(connection: psycopg.Connection[Any], layer: store.Layer, head: int | None) -> Span:
    try:
        statistics = store.statistics(connection, layer)
        statement = read.lifetime(layer.table)
        row = connection.execute(statement.sql, statement.params).fetchone()
        measured = quality.latest(connection, layer.contract.id)
    except psycopg.errors.QueryCanceled:
        LOG.warning("layer %s is too large to be measured in time", layer.contract.id)
        return Span(changeset=head)
    except psycopg.errors.UndefinedTable:
        return Span(changeset=head)
    first, last = row if row else (None, None)
    extent = statistics.extent_4490
    box = (extent.west, extent.south, extent.east, extent.north) if extent else None
    changeset, measures = measured or (None, ())
    return Span(box, first, last, statistics.features, head, statistics.last_recorded_at, changeset, measures)


def _shown(layer: store.Layer, span: Span) -> Shown:
    columns = {column.name: column for column in layer.table.columns}
    return Shown(
        contract=layer.contract,
        table=layer.table,
        created_at=layer.created_at,
        changed_at=layer.changed_at,
        contract_version=layer.version,
        contract_sha256=layer.contract_sha256,
        span=span,
        fields={each.name: (each, columns[each.name]) for each in layer.contract.fields},
    )


def _mark(layer_id: str, shown: Shown | None) -> None:
    """Note for the audit what somebody named came upon."""
    touched = TOUCHED.get()
    if touched is None:
        return
    if shown is None:
        touched.hidden |= {layer_id}
    elif shown.conditional and touched is not HERE:
        touched.conditional |= {layer_id}
        if shown.restricted:
            touched.restricted |= {layer_id}


def _layer_of(payload: str) -> str:
    try:
        return str(orjson.loads(payload)["layer"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
