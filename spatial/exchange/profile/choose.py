"""Which profile a file follows 图层结构判定: by the name of its layer and the fields that only one has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spatial.errors import InvalidInput, ProfileUndecided
from spatial.exchange.batches import Content
from spatial.exchange.evidence import Evidence
from spatial.exchange.fields import column_named, plain
from spatial.exchange.profile.model import Profile, ProfileField

_AROUND = re.compile(r"^_?\d{6,12}|_?\d{4}$")
LEAST = 3
"""Columns of a profile that a file must have to follow it."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A profile and which column of the file stands for which of its fields."""

    profile: Profile
    columns: tuple[tuple[ProfileField, int], ...]

    def column(self, names: Sequence[str], content: Content) -> int | None:
        """The column of one of these names."""
        return column_named(names, content, frozenset())


def follow(profile: Profile, content: Content) -> Followed:
    """Find the profile's fields among a file's columns."""
    taken: dict[int, ProfileField] = {}
    for field in profile.fields:
        found = column_named(field.names, content, taken.keys())
        if found is not None:
            taken[found] = field
    order = {field.name: place for place, field in enumerate(profile.fields)}
    pairs = sorted(((field, index) for index, field in taken.items()), key=lambda pair: order[pair[0].name])
    return Followed(profile, tuple(pairs))


def bare(layer: str) -> str:
    """The name of a layer in a delivery without the division code before it and the year after it.

    >>> bare("370783DLTB2026"), bare("_370783CZKFBJ"), bare("STBHHX")
    ('DLTB', 'CZKFBJ', 'STBHHX')
    """
    return _AROUND.sub("", _AROUND.sub("", layer.strip()))


def called(names: Sequence[str], layer: str) -> bool:
    """Whether a layer of a delivery has one of these names."""
    found = {layer.strip().upper(), bare(layer).upper()}
    return not found.isdisjoint(name.upper() for name in names)


def candidates(
    profiles: Sequence[Profile], content: Content, *, file: str, asked: str | None
) -> tuple[tuple[Followed, ...], tuple[Evidence, ...]]:
    """The profiles that a file may follow, and why: one, several that its fields do not part, or none.

    ProfileUndecided where fields of several stand side by side that no one profile has together.
    """
    if asked is not None:
        return _asked(profiles, content, asked)
    named = [each for each in profiles if called(each.names, content.layer)]
    follows = (follow(one, content) for one in named or profiles)
    found = [each for each in follows if len(each.columns) >= LEAST]
    if len(found) <= 1:
        return tuple(found), ()
    own = [_only_of(each, found, content) for each in found]
    telling = [(each, names) for each, names in zip(found, own, strict=True) if names]
    if not telling:
        return tuple(found), ()
    if len(telling) > 1:
        raise _mixed(telling, file)
    followed, names = telling[0]
    return (followed,), (
        Evidence(
            "profile",
            f"字段 {'、'.join(names[:8])} 只属于结构“{followed.profile.title.zh}”",
            f"the fields {', '.join(names[:8])} are those of {followed.profile.title.en} alone",
            {"fields": float(len(names))},
        ),
    )


def _asked(
    profiles: Sequence[Profile], content: Content, asked: str
) -> tuple[tuple[Followed, ...], tuple[Evidence, ...]]:
    for profile in profiles:
        if profile.id == asked:
            said = Evidence("option", f"由 --profile 指明:{asked}", f"said by --profile: {asked}")
            return (follow(profile, content),), (said,)
    known = "、".join(profile.id for profile in profiles) or "无 none"
    raise InvalidInput(
        f"该图层没有这个结构,可用的有 {known}:{asked}",
        f"the layer has no such profile, there are {known}: {asked}",
        value=asked,
    )


def _only_of(followed: Followed, found: Sequence[Followed], content: Content) -> list[str]:
    """Columns that this profile alone among the candidates knows."""
    others = {
        plain(name)
        for other in found
        if other is not followed
        for field in other.profile.fields
        for name in field.names
    }
    return [
        content.columns[index]
        for field, index in followed.columns
        if not any(plain(name) in others for name in field.names)
    ]


def _mixed(telling: Sequence[tuple[Followed, list[str]]], file: str) -> ProfileUndecided:
    zh = ";".join(f"{each.profile.id}:{'、'.join(names[:5])}" for each, names in telling)
    en = "; ".join(f"{each.profile.id}: {', '.join(names[:5])}" for each, names in telling)
    return ProfileUndecided(
        f"文件混有几种结构的字段({zh}),请用 --profile 指明:{file}",
        f"the file has fields of several structures ({en}); say which with --profile: {file}",
        value=file,
        details={"options": [f"--profile {each.profile.id}" for each, _ in telling]},
    )
