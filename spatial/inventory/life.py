"""The life of an asset 生命周期: planned, built, in service, retired; which step may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from spatial.catalogue.contract import Title
from spatial.inventory.errors import AssetRefused


class State(StrEnum):
    """Where an asset stands in its life."""

    PLANNED = "planned"
    BUILT = "built"
    IN_SERVICE = "in-service"
    RETIRED = "retired"


TITLES: Final[Mapping[State, Title]] = {
    State.PLANNED: Title("规划", "planned"),
    State.BUILT: Title("已建", "built"),
    State.IN_SERVICE: Title("在用", "in service"),
    State.RETIRED: Title("停用", "retired"),
}
DAY_OF: Final[Mapping[State, str]] = {
    State.PLANNED: "planned_on",
    State.BUILT: "built_on",
    State.IN_SERVICE: "in_service_on",
    State.RETIRED: "retired_on",
}
"""The field with the day on which a state began."""
MAY_FOLLOW: Final[Mapping[State, tuple[State, ...]]] = {
    State.PLANNED: (State.BUILT, State.RETIRED),
    State.BUILT: (State.IN_SERVICE, State.RETIRED),
    State.IN_SERVICE: (State.RETIRED,),
    State.RETIRED: (State.IN_SERVICE,),
}
"""A plan may be given up, and what was retired may be put back into service 重新启用."""


def step(asset: str, held: Mapping[str, object], to: State, day: date) -> dict[str, object]:
    """The fields that change when an asset takes a step on a day; one in service has no day of retirement.

    ``held`` has its state and its days. AssetRefused where the step cannot follow, or where the
    day lies before that of the state it leaves.
    """
    begun = _begun(asset, str(held["status"]))
    if to not in MAY_FOLLOW[begun]:
        allowed = MAY_FOLLOW[begun]
        raise AssetRefused(
            f"资产现为“{TITLES[begun].zh}”,不能改为“{TITLES[to].zh}”,可改为"
            f"“{'”“'.join(TITLES[each].zh for each in allowed)}”:{asset}",
            f"the asset is {TITLES[begun].en} and cannot become {TITLES[to].en},"
            f" but {' or '.join(TITLES[each].en for each in allowed)}: {asset}",
            value=asset,
        )
    since = held.get(DAY_OF[begun])
    if isinstance(since, date) and day < since:
        raise AssetRefused(
            f"生效日 {day} 早于“{TITLES[begun].zh}”的日期 {since},请改为其后的日期:{asset}",
            f"{day} lies before {since}, when it became {TITLES[begun].en}; give a later day: {asset}",
            value=asset,
        )
    return {"status": to.value, DAY_OF[to]: day.isoformat()}


def _begun(asset: str, status: str) -> State:
    """A city's own layer may have further states, from which no step is known."""
    try:
        return State(status)
    except ValueError:
        raise AssetRefused(
            f"资产的状态“{status}”不在生命周期之中,请先更正其状态:{asset}",
            f"the asset is '{status}', which is no state of a life; correct its state first: {asset}",
            value=asset,
        ) from None
