"""The register as this worker knows it: built at the first question, and followed from then on.

A change is put into the state before it (``address.register``), which answers meanwhile; when
much has changed since a state was built, one is built anew beside the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from address import FOLDER
from api.bell import Bell
from api.catalogue import Catalogue
from api.desk import Desk
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import Forbidden, Unavailable
from spatial.lock import offered

if TYPE_CHECKING:  # compiled, and large: loaded with the first question, not with the server
    from address.follow import Followed
    from address.kept import Kept
    from address.register import Register

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
LOCK_S: Final = 0.2
RELOOK_S: Final = 30.0
"""After so long it is looked whether something has changed, rung or not."""
RETRY_S: Final = 2.0
FOLLOWED_MOST: Final = 20_000
"""Components and addresses that are taken in at once."""
CHANGED_LEAST: Final = 2_000
CHANGED_SHARE: Final = 0.02
"""Of the addresses: where more has changed since a state was built, one is built anew beside it."""


class Registers:
    """The register of one worker, kept up with its changesets."""

    def __init__(self, catalogue: Catalogue, desk: Desk, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._catalogue = catalogue
        self._desk = desk
        self._held: Register | None = None
        self._day = _today()
        self._asked = asyncio.Event()
        self._tried = Bell()
        self._anew: asyncio.Task[Register] | None = None

    def admit(self, principal: Principal) -> None:
        """UnknownLayer or Forbidden to somebody who may not read the register."""
        for layer_id in LAYERS:
            layer = self._catalogue.get(layer_id, principal)
            hidden = [name for name in ANSWERED.get(layer_id, ()) if name not in layer.fields]
            if hidden:
                raise Forbidden(
                    f"地址服务需要图层 {layer_id} 的字段,请向主管部门申请:{'、'.join(hidden)}",
                    f"the address service needs fields of {layer_id}; ask its steward: {', '.join(hidden)}",
                    value=hidden,
                )

    async def of(self, principal: Principal) -> Register:
        """The register for somebody who may read it; UnknownLayer, Forbidden or Unavailable."""
        self.admit(principal)
        if self._held is None:
            tried = self._tried.next
            self._asked.set()
            await _rung(tried, WAIT_S)
        if self._held is None:
            raise Unavailable(
                "地址登记簿正在读入,请稍后重试", "the address register is being read; try again shortly"
            )
        return self._held

    async def run(self) -> None:
        """For ever: builds at the first question, then takes in every changeset, asked or not."""
        await self._asked.wait()
        while True:
            rung = self._catalogue.changes.next
            try:
                await self._renew()
            except (psycopg.Error, Unavailable, OSError) as failure:
                LOG.warning("the register could not be read: %s", failure)
                await asyncio.sleep(RETRY_S)
                continue
            except Exception:
                LOG.exception("the register could not be followed; it is built anew")
                self._anew = self._anew or asyncio.create_task(self._built())
                await asyncio.sleep(RETRY_S)
                continue
            finally:
                self._tried.ring()
            await _rung(rung, RELOOK_S)

    async def _renew(self) -> None:
        if self._anew is not None and (self._held is None or self._anew.done()):
            building, self._anew = self._anew, None
            self._held = await building
        held = self._held
        if held is None:
            self._held = held = await self._built()
        while (read := await self._desk.run(partial(_changed, held))) is not None and read[0] is not None:
            self._held = held = await asyncio.to_thread(held.followed, read[0], read[1])
        if self._anew is None and (read is not None or _outgrown(held) or self._day != _today()):
            self._day = _today()
            # What is changed while it is built is followed from its own position.
            self._anew = asyncio.create_task(self._built())
            self._anew.add_done_callback(lambda _: self._catalogue.changes.ring())

    async def _built(self) -> Register:
        """The register whole: of the one process that builds it, mapped by the others."""
        after = -1 if self._held is None else self._held.position
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            with offered(self._folder / "building.lock") as mine:
                kept = await asyncio.to_thread(_mapped, self._folder)
                if kept is not None and kept.register.position > after and await self._is_ours(kept):
                    LOG.info("the address register is mapped")
                    return kept.register
                if mine:
                    tip, position, held = await self._desk.run(_read)
                    LOG.info("the address register is built")
                    return await asyncio.to_thread(_made, self._folder, tip, position, held)
            await asyncio.sleep(LOCK_S)

    async def _is_ours(self, kept: Kept) -> bool:
        def holds(connection: Connection) -> bool:
            from address import store

            return store.holds(connection, kept.tip)

        return kept.day == _today() and await self._desk.run(holds)


async def _rung(event: asyncio.Event, most_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(most_s):  # a bell at the moment of leaving does not hide that
            await event.wait()


def _outgrown(register: Register) -> bool:
    count = len(register.held.snapshot.addresses.key)
    return register.since_built > max(CHANGED_LEAST, CHANGED_SHARE * count)


def _today() -> str:
    return datetime.now(BEIJING).date().isoformat()


def _changed(register: Register, connection: Connection) -> tuple[Followed | None, int] | None:
    """The register with what was committed since, and the position of that; None where nothing was,
    and in place of the register where so much was that it is better read as a whole."""
    from address import store

    changes = store.changes(connection, register.position)
    if changes.empty:
        return None
    if len(changes.components) + len(changes.addresses) > FOLLOWED_MOST:
        return None, changes.position
    return store.follow(connection, register.held, changes), changes.position


def _read(connection: Connection) -> tuple[str, int, Followed]:
    """One state of the register; what was written while it was read is followed from its position."""
    from address import store
    from address.follow import Followed

    tip, position = store.tip(connection), store.position(connection)
    return tip, position, Followed.of(store.snapshot(connection))


def _mapped(folder: Path) -> Kept | None:
    from address import kept

    try:
        return kept.load(folder)
    except Exception:  # whatever is wrong with it, there is the database
        LOG.exception("the file of the address register is not whole; it is written anew")
        return None


def _made(folder: Path, tip: str, position: int, held: Followed) -> Register:
    from address import kept
    from address.register import Register

    register = Register.of(held, position)
    register.index.match("寿光市")  # compiled here, not in the loop
    try:
        kept.save(folder, kept.Kept(register, tip, _today()))
        mapped = kept.load(folder)
    except OSError:
        LOG.warning("the address register could not be kept in a file", exc_info=True)
        mapped = None
    return register if mapped is None else mapped.register
