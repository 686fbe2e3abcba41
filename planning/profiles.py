"""Schema profiles 图层结构档案 of planning deliveries: data, read from ``planning/assets/profiles.toml``.

A profile belongs to a role of ``roles.toml``, so that the layer that plays it may be another
in another city. Which editions of the classes there are is said in :mod:`planning.land_use`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from planning import roles
from planning.land_use import editions
from spatial.catalogue.contract import Title
from spatial.exchange.profile import AreaUnit, Classes, Profile, ProfileField, Profiles

DECLARED: Final = "area_declared"
"""The field of a layer that keeps an area as it was declared, with its unit 申报面积原值."""


@cache
def shipped() -> tuple[Profile, ...]:
    """The profiles as they ship.

    >>> [each.id for each in shipped() if "STBHHX" in each.names]
    ['stbhhx-delineation', 'stbhhx-plan']
    """
    text = (resources.files("planning") / "assets" / "profiles.toml").read_text(encoding="utf-8")
    return tuple(_profile(entry) for entry in tomllib.loads(text)["profiles"])


@cache
def of_layer(layer_id: str) -> Profiles:
    """What is known of the deliveries of a layer; nothing for one of no planning role."""
    found = tuple(each for each in shipped() if each.layer == layer_id)
    return Profiles(found, editions(), DECLARED) if found else Profiles()


def _profile(entry: Mapping[str, Any]) -> Profile:
    classes = entry.get("classes")
    return Profile(
        id=entry["id"],
        layer=roles.shipped()[entry["role"]].layer,
        title=Title(entry["title"]["zh"], entry["title"]["en"]),
        version=entry["version"],
        source=entry["source"],
        verified=entry["verified"],
        names=tuple(entry["names"]),
        fields=tuple(_field(each) for each in entry["fields"]),
        classes=None if classes is None else _classes(classes),
        constants=MappingProxyType(dict(entry.get("constants", {}))),
    )


def _field(entry: Mapping[str, Any]) -> ProfileField:
    return ProfileField(
        name=entry["name"],
        field=entry.get("field"),
        aliases=tuple(entry.get("aliases", ())),
        kind=entry.get("kind"),
        length=entry.get("length"),
        duty=entry.get("duty"),
        units=tuple(AreaUnit(unit) for unit in entry.get("units", ())),
        whole=entry.get("whole", False),
        values=MappingProxyType(dict(entry.get("values", {}))),
    )


def _classes(entry: Mapping[str, Any]) -> Classes:
    return Classes(
        code=entry["code"],
        edition=entry["edition"],
        names=tuple(entry.get("names", ())),
        carried=entry.get("carried"),
        first=entry.get("first"),
    )
