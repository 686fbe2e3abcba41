"""The platform's own doors, gone through in the name of who set a schedule 以设置者的权限读取."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from spatial.access.model import Principal
from spatial.jobs.model import Grant
from spatial.jobs.reference import Fetched, Reference


@dataclass(frozen=True, slots=True)
class Given:
    """What the platform itself gave somebody."""

    fetched: Fetched
    layers: Mapping[str, Grant] = field(default_factory=dict)
    """Layers of which more was given than everybody may see, as the asker sees them."""


class Doors(Protocol):
    """Reads an address of the platform without the network."""

    def read(
        self, principal: Principal, wanted: Sequence[tuple[Reference, str]], most_bytes: int
    ) -> list[Given]:
        """What the addresses, told without their host, give this asker now, together within the size: each
        judged, counted and audited as any request of theirs. ReferenceFailed where one gives them nothing;
        Unavailable.
        """
        ...
