"""Which layer plays which part 图层角色: data of the city, ``assets/roles.toml`` as shipped."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from planning.model import Role
from spatial.catalogue.contract import Title

YEARS_KEPT: Final = 100


@cache
def shipped() -> Mapping[str, Role]:
    """The roles as they come with the platform.

    >>> shipped()["land-now"].layer
    'land-use-survey'
    """
    content = tomllib.loads(resources.files("planning").joinpath("assets", "roles.toml").read_text("utf-8"))
    return MappingProxyType({name: _role(name, given) for name, given in content.items()})


def _role(name: str, given: Mapping[str, Any]) -> Role:
    return Role(
        id=name,
        title=Title(given["title"]["zh"], given["title"]["en"]),
        layer=given["layer"],
        of_plan=given.get("of_plan", False),
        theme=given.get("theme", False),
        document=given.get("document"),
        year=given.get("year"),
        years_kept=given.get("years_kept", YEARS_KEPT),
    )
