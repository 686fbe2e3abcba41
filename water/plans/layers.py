"""The layer of response plans 预案名录: who may read, draft and approve them is granted on it."""

from __future__ import annotations

from typing import Final

from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

PLANS: Final = "response-plans"


def publish(connection: Connection) -> None:
    """Bring the layer into service; what is there already is only brought up to date."""
    provide(connection, shipped("water", PLANS))
