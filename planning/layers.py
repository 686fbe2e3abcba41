"""The layers of the planning module 图层: their contracts, published as the platform's own.

Each is a TOML file in ``assets/layers``. Field names of the national databases stand as
they are there, in lower case (``bsm``, ``dlbm``, ``tbmj``): they are the words of the field.
Which layer plays which part in a judgement is said apart (:mod:`planning.roles`).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

PLANS: Final = ("plans", "plan-versions", "plan-amendments")
"""Plans, their versions and amendments; tables without geometry."""
CONTROL: Final = (
    "permanent-farmland",
    "ecological-redline",
    "nature-reserves",
    "urban-boundary",
    "planning-zones",
    "planned-land-use",
    "control-lines",
    "heritage-protection",
    "flood-risk",
    "geohazard-zones",
    "mineral-resources",
    "wetlands-forests",
)
"""The twelve control layers 管控图层."""
MANAGED: Final = ("detailed-plan-plots", "development-schemes", "land-approvals", "land-violations")
"""Detailed plans, schemes, approvals and violations 管理数据."""
FACILITIES: Final = "public-facilities"
"""What people walk and drive to."""
LAYERS: Final = (*PLANS, "land-use-survey", *CONTROL, *MANAGED, FACILITIES)

PLATFORM: Final = ("class1", "edition", "area_declared", "plan_version", "data_nature")
"""Fields that this platform adds; no fields of the national database."""


@cache
def contract(layer_id: str) -> Contract:
    """The contract of a planning layer, as it ships with the platform.

    >>> contract("land-use-survey").key
    'bsm'
    """
    return shipped("planning", layer_id)


def publish(connection: Connection) -> None:
    """Bring every planning layer into service; what is there already is only brought up to date."""
    for layer_id in LAYERS:
        provide(connection, contract(layer_id))
