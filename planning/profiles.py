"""Schema profiles 图层结构档案 of planning deliveries: data, read from ``planning/assets/profiles.toml``.

A profile belongs to a role of ``roles.toml``, so that the layer that plays it may be another
in another city. Which editions of the classes there are is said in :mod:`planning.land_use`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from planning import layers, roles
from planning.errors import BadProfile
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
    with resources.as_file(resources.files("planning") / "assets" / "profiles.toml") as path:
        return read(path)


@cache
def of_layer(layer_id: str) -> Profiles:
    """What is known of the deliveries of a layer; nothing for one of no planning role."""
    return among(shipped(), layer_id)


def among(profiles: Sequence[Profile], layer_id: str) -> Profiles:
    """What these profiles say of a layer."""
    found = tuple(each for each in profiles if each.layer == layer_id)
    return Profiles(found, editions(), DECLARED) if found else Profiles()


def read(path: Path) -> tuple[Profile, ...]:
    """The profiles of a file, as a city writes its own; BadProfile names what is wrong in it."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["profiles"]
        found = tuple(_profile(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise _bad(
            path.name, f"不是结构档案文件({failure})", f"is no file of profiles ({failure})"
        ) from failure
    for profile in found:
        for fault_zh, fault_en in _faults(profile):
            raise _bad(f"{path.name}: {profile.id}", fault_zh, fault_en)
    ids = [profile.id for profile in found]
    for one in ids:
        if ids.count(one) > 1:
            raise _bad(f"{path.name}: {one}", "编号重复", "has an id that stands twice")
    return found


def _faults(profile: Profile) -> Iterator[tuple[str, str]]:
    """What a profile says that its layer cannot take."""
    contract = layers.contract(profile.layer)
    known = {field.name: field for field in contract.fields}
    filled = [field.field for field in profile.fields if field.field is not None]
    named = [*filled, *profile.constants]
    named += [each for each in _of_classes(profile.classes) if each is not None]
    for name in named:
        if name not in known:
            yield f"图层 {contract.id} 没有字段 {name}", f"names field {name}, which {contract.id} has not"
    for name in filled:
        if filled.count(name) > 1:
            yield f"字段 {name} 对应多次", f"fills field {name} more than once"
    if contract.key not in filled:
        yield f"没有主键 {contract.key}", f"lacks the key {contract.key}"
    for field in profile.fields:
        if field.units and field.field is not None and known[field.field].unit != "m2":
            yield f"{field.name} 的单位不是面积", f"gives {field.name} a unit of area"
        if field.duty not in (None, "M", "C", "O"):
            yield f"{field.name} 的约束须为 M、C、O", f"gives {field.name} a duty that is not M, C or O"


def _of_classes(classes: Classes | None) -> tuple[str | None, ...]:
    return () if classes is None else (classes.code, classes.edition, classes.first)


def _bad(value: str, zh: str, en: str) -> BadProfile:
    return BadProfile(
        f"图层结构档案{zh},请改正:{value}", f"a schema profile {en}; mend it: {value}", value=value
    )


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
