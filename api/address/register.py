"""The register as this worker knows it: built at the first question, anew when it has changed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.catalogue import Catalogue
from api.desk import Desk
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.errors import Forbidden, Unavailable

if TYPE_CHECKING:  # compiled, and large: loaded with the first question, not with the server
    from address.find import Found
    from address.match import Index
    from address.model import Parsed
    from address.parse import Parser
    from address.places import Places
    from address.reverse import Reverse
    from address.search import Sought
    from address.snapshot import Snapshot
    from address.suggest import Suggest

LOG = logging.getLogger("onemap.api.address")
LAYERS: Final = ("components", "addresses", "address-aliases", "named-roads")
"""What the engine reads (``address.store.ENGINE_LAYERS``)."""
ANSWERED: Final = {
    "components": ("name", "element", "parent_id", "number", "sub_number", "code", "status"),
    "addresses": ("component_id", "region_id", "form"),
    "address-aliases": ("text", "component_id"),
}
"""Fields that go into answers: who may not see one of them is not answered."""
WAIT_S: Final = 8.0
"""How long a question waits for the register to be read."""


@dataclass(frozen=True, slots=True)
class Register:
    """What answers from one state of the register."""

    places: Places
    suggest: Suggest
    reverse: Reverse
    index: Index
    position: int
    """Of the change feed."""

    @property
    def parser(self) -> Parser:
        """What reads texts; the index was built with it."""
        return self.index.parser

    def search(self, text: str, limit: int = 1) -> tuple[Sought, ...]:
        """The places that a text may mean, likeliest first."""
        from address.search import search

        return search(self.places, self.index, text, limit)

    def find(self, parsed: Parsed, limit: int = 1) -> tuple[Found, ...]:
        """The components that a parsed text names."""
        from address.find import find

        return find(self.places, parsed, limit)


class Registers:
    """The register of one worker, kept up with its changesets."""

    def __init__(self, catalogue: Catalogue, desk: Desk) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._held: Register | None = None
        self._rung = catalogue.changes.next
        self._building: asyncio.Task[None] | None = None

    async def of(self, principal: Principal) -> Register:
        """The register for somebody who may read it; UnknownLayer, Forbidden or Unavailable."""
        for layer_id in LAYERS:
            layer = self._catalogue.get(layer_id, principal)
            hidden = [name for name in ANSWERED.get(layer_id, ()) if name not in layer.fields]
            if hidden:
                raise Forbidden(
                    f"地址服务需要图层 {layer_id} 的字段,请向主管部门申请:{'、'.join(hidden)}",
                    f"the address service needs fields of {layer_id}; ask its steward: {', '.join(hidden)}",
                    value=hidden,
                )
        if self._held is None or self._rung.is_set():
            await self._renew()
        if self._held is None:
            raise Unavailable(
                "地址登记簿正在读入,请稍后重试", "the address register is being read; try again shortly"
            )
        return self._held

    async def _renew(self) -> None:
        """Waits for the first state; a later one is made beside answers from the one before."""
        if self._building is None or self._building.done():
            if self._building is not None and self._building.exception() is not None:
                LOG.error("the register could not be read", exc_info=self._building.exception())
            self._building = asyncio.create_task(self._build())
        if self._held is None:
            await asyncio.wait((self._building,), timeout=WAIT_S)
            if self._building.done():
                await self._building

    async def _build(self) -> None:
        rung = self._catalogue.changes.next
        held = self._held
        if held is not None:
            since = held.position
            if not await self._desk.run(lambda connection: _changed(connection, since)):
                self._rung = rung
                return

        position, snapshot = await self._desk.run(_read)
        self._held = await asyncio.to_thread(_made, position, snapshot)
        self._rung = rung


def _changed(connection: Connection, since: int) -> bool:
    from address import store

    return not store.changes(connection, since).empty


def _read(connection: Connection) -> tuple[int, Snapshot]:
    """One state of the register: read again where somebody wrote meanwhile."""
    from address import store

    while True:
        position = store.position(connection)
        snapshot = store.snapshot(connection)
        if store.changes(connection, position).empty:
            return position, snapshot


def _made(position: int, snapshot: Snapshot) -> Register:
    from address.match import Index
    from address.places import Places
    from address.reverse import Reverse
    from address.suggest import Suggest

    places = Places(snapshot)
    index = Index(snapshot)
    index.match("寿光市")  # compiled here, not in the loop
    return Register(places, Suggest(places), Reverse(places), index, position)
