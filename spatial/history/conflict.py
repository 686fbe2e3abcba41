"""Conflicts: two edits of one version, merged where they do not touch the same thing.

An edit names the version it was based on (``expected_changeset``). When another
version is believed meanwhile, ``write.apply`` raises StaleVersion with base,
mine and theirs; ``merge`` decides whether both edits can stand together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spatial.errors import StaleVersion


@dataclass(frozen=True, slots=True)
class Stale:
    """One edit whose base is no longer believed; values as in a Change, ``None`` for no feature."""

    fid: str
    expected: int
    """The changeset that opened the version the edit was based on."""
    believed: int | None
    """The one that opened the version believed now; ``None`` where the feature is retired."""
    base: Mapping[str, object] | None
    mine: Mapping[str, object] | None
    theirs: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Merged:
    """Three values of a feature brought together."""

    values: Mapping[str, object]
    """Theirs with my changes on top; meaningful only where nothing clashes."""
    clashing: tuple[str, ...]
    """Fields both sides changed, to different values; ``geom`` among them where both moved it."""

    @property
    def clean(self) -> bool:
        """Both edits can stand together."""
        return not self.clashing


def merge(base: Mapping[str, object], mine: Mapping[str, object], theirs: Mapping[str, object]) -> Merged:
    """Three-way merge of one feature's values.

    Automatic where the changed attributes are disjoint and at most one side
    changed the geometry. Both sides saying the same is no clash.

    >>> merge({"name": "a", "floors": 2}, {"name": "b", "floors": 2}, {"name": "a", "floors": 3}).values
    {'name': 'b', 'floors': 3}
    >>> merge({"name": "a"}, {"name": "b"}, {"name": "c"}).clashing
    ('name',)
    """
    names = dict.fromkeys((*theirs, *mine, *base))
    mine_changed = [n for n in names if mine.get(n) != base.get(n)]
    clashing = tuple(n for n in mine_changed if theirs.get(n) != base.get(n) and theirs.get(n) != mine.get(n))
    values = {n: theirs.get(n) for n in names} | {n: mine.get(n) for n in mine_changed}
    return Merged(values, clashing)


def stale(error: StaleVersion) -> tuple[Stale, ...]:
    """The edits a StaleVersion is about, at most a hundred."""
    listed = error.details.get("stale")
    if not isinstance(listed, list):
        return ()
    return tuple(
        Stale(s["fid"], s["expected"], s["believed"], s["base"], s["mine"], s["theirs"]) for s in listed
    )
