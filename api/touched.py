"""What a request came upon: who acts in it, and which layers it saw more of than everybody may.

The catalogue marks it, the doors' journal (``api.journal``) writes it down.
"""

from __future__ import annotations

from contextvars import ContextVar

from api.request_id import REQUEST_ID
from spatial.access.model import LOCAL, Principal

_DESCRIBING = frozenset(("schema", "queryables", "sortables", "legend"))


class Touched:
    """What a request of somebody came upon; mostly nothing, so it begins with its principal alone."""

    restricted: frozenset[str] = frozenset()
    """Layers of which more is shown than everybody may see."""
    conditional: frozenset[str] = frozenset()
    """Layers of which not everybody sees so much: those above, and those that were granted."""
    hidden: frozenset[str] = frozenset()
    """Layers that there are, but not for this principal."""
    refused: frozenset[str] = frozenset()
    """Layers that may be read, but not for what was asked."""
    nothing: bool = False
    """It asked for what there is not: entered as what is hidden is, lest the time taken tell them apart."""

    unwritten: bool = False
    """What must be written down could not be: the answer is withheld."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal

    @property
    def request(self) -> str | None:
        """The name of the request that is being answered."""
        return REQUEST_ID.get() or None

    def concern(self, path: str, status: int) -> bool:
        """Whether an answer is to be written down: restricted data leaves, or something was refused.

        Descriptions of a layer are no data.
        """
        if status in (401, 403) or (status == 404 and (self.hidden or self.nothing)):
            return True
        if status >= 400 or not self.restricted:
            return False
        parts = path.strip("/").split("/")
        described = parts[0] == "collections" and (
            len(parts) == 2 or (len(parts) == 3 and parts[2] in _DESCRIBING)
        )
        return not described


TOUCHED: ContextVar[Touched | None] = ContextVar("touched", default=None)
"""Of the request that is being answered; ``None`` for nobody in particular."""


def found_nothing() -> None:
    """Note that somebody named asked for a layer, a changeset or a proposal that there is not."""
    touched = TOUCHED.get()
    if touched is not None and touched is not HERE:
        touched.nothing = True


HERE = Touched(LOCAL)
