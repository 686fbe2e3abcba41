"""The register as this worker knows it: built at the first question, anew when it has changed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from address import store
from address.parse import Parser
from address.places import Places
from address.reverse import Reverse
from address.snapshot import Snapshot
from address.suggest import Suggest
from api.catalogue import Catalogue
from api.desk import Desk
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.errors import Forbidden, Unavailable

LOG = logging.getLogger("onemap.api.address")
LAYERS: Final = store.ENGINE_LAYERS
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
    parser: Parser
    position: int
    """Of the change feed."""


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
            changed = await self._desk.run(lambda connection: store.changes(connection, since))
            if changed.empty:
                self._rung = rung
                return

        position, snapshot = await self._desk.run(_read)
        self._held = await asyncio.to_thread(_made, position, snapshot)
        self._rung = rung


def _read(connection: Connection) -> tuple[int, Snapshot]:
    """One state of the register: read again where somebody wrote meanwhile."""
    while True:
        position = store.position(connection)
        snapshot = store.snapshot(connection)
        if store.changes(connection, position).empty:
            return position, snapshot


def _made(position: int, snapshot: Snapshot) -> Register:
    places = Places(snapshot)
    parser = Parser(snapshot)
    parser.parse("寿光市")  # compiled here, not in the loop
    return Register(places, Suggest(places), Reverse(places), parser, position)
