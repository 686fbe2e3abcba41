"""The ground near sites 叠加要素: features of layers, cut by the sites once for all rules. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from planning import roles
from planning.compliance import overlay
from planning.compliance.overlay import Flags, Floats, Geometries, Ints
from planning.model import Role, State
from planning.plans.life import PlanVersion
from planning.rules import Rule
from spatial.catalogue.contract import Title
from spatial.datum.plane import Plane

Fields = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """What sites are judged on 依据, the same for all of them."""

    on: date
    states: Mapping[str, State]
    versions: Mapping[str, PlanVersion]
    held: AbstractSet[str]
    """Layers that hold something that binds on that day."""
    sources: Mapping[int, str | None]
    """Digest of what each changeset was made from."""
    synthetic: bool
    balances: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """Features of one layer near sites, in the plane; columns of one length, in order of identity."""

    fid: Sequence[str]
    opened_by: Sequence[int]
    fields: Sequence[Mapping[str, Any]]
    mask: Ints
    """Bit n says that filter n counts the feature."""
    shapes: Geometries = field(repr=False)
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer cut by sites: columns of one length, in order of site and feature."""

    role: Role
    ground: Ground
    site: Ints
    feature: Ints
    """Place of the feature in the ground."""
    pieces: Geometries = field(repr=False)
    pieces_m2: Floats
    first: Ints
    """By site: where its features begin; one more at the end."""
    used: Flags
    """The feature binds on that day."""
    out_of_force: Sequence[int]
    """By site: how many of its features do not bind."""
    stale: Mapping[int, Title]
    """Sites where the data is out of date, and why."""
    mended: Flags
    """By feature."""

    def told_apart(self, by: Sequence[str]) -> tuple[list[Fields], Ints]:
        """The values of some fields, in order, and which of them each feature has."""
        given = [tuple(fields.get(name) for name in by) for fields in self.ground.fields]
        values = sorted(dict.fromkeys(given), key=_as_text)
        places = {value: place for place, value in enumerate(values)}
        return values, np.array([places[value] for value in given], dtype=np.int64)


def _as_text(values: Fields) -> list[tuple[str, str]]:
    return [(str(value), type(value).__name__) for value in values]


def missing(role: Role, states: Mapping[str, State], held: AbstractSet[str]) -> Title | None:
    """Why nothing can be said by a layer: it is not served, or holds nothing that binds on that day."""
    if role.layer not in states:
        return Title(
            f"缺少图层:{role.title.zh}({role.layer})", f"the layer is missing: {role.title.en} ({role.layer})"
        )
    if role.layer not in held:
        if role.of_plan:
            return Title(
                f"该日没有生效的规划内容:{role.title.zh}", f"no plan is in force on that day: {role.title.en}"
            )
        return Title(f"该日没有数据:{role.title.zh}", f"there is no data of that day: {role.title.en}")
    return None


def binds(role: Role, fields: Mapping[str, Any], versions: Mapping[str, PlanVersion]) -> bool:
    """Whether a feature counts on that day: it is of no plan, or of a version that is in force."""
    version = versions.get(fields.get("plan_version") or "")
    return not role.of_plan or (version is not None and version.in_force)


def role_of(rule: Rule) -> Role | None:
    """The role of the layer that a rule looks at."""
    return roles.shipped()[rule.role] if rule.role is not None else None


def cut(
    sites: Geometries,
    grounds: Mapping[str, Ground],
    rules: Sequence[Rule],
    asked: Flags,
    plane: Plane,
    basis: Basis,
) -> dict[str, Layer]:
    """Every layer cut by the sites whose rules look at it, all in one go. ``asked`` is by rule and site."""
    looks: dict[str, Flags] = {}
    playing: dict[str, Role] = {}
    for rule, own in zip(rules, asked, strict=True):
        role = role_of(rule)
        if role is not None and own.any() and missing(role, basis.states, basis.held) is None:
            playing[role.layer] = role
            looks[role.layer] = looks.get(role.layer, False) | own
    if not playing:
        return {}
    own_grounds = [grounds[name] for name in playing]
    starts = np.cumsum([0, *(len(ground.fid) for ground in own_grounds)])
    kind = np.repeat(np.arange(len(playing)), np.diff(starts))
    look = np.array(list(looks.values()))
    shapes = np.concatenate([ground.shapes for ground in own_grounds])
    found = overlay.cut(sites, shapes, plane, lambda site, shape: look[kind[shape], site])
    kinds = kind[found.shape]
    layers = {}
    for number, (role, ground) in enumerate(zip(playing.values(), own_grounds, strict=True)):
        rows = np.flatnonzero(kinds == number)
        start, end = starts[number], starts[number + 1]
        layers[role.layer] = _layer(
            role, ground, found, rows, found.shape[rows] - start, found.mended[start:end], len(sites), basis
        )
    return layers


def _layer(
    role: Role,
    ground: Ground,
    found: overlay.Cut,
    rows: Ints,
    feature: Ints,
    mended: Flags,
    count: int,
    basis: Basis,
) -> Layer:
    site = found.site[rows]
    counts = np.array([binds(role, fields, basis.versions) for fields in ground.fields], dtype=bool)
    used = counts[feature]
    return Layer(
        role=role,
        ground=ground,
        site=site,
        feature=feature,
        pieces=found.pieces[rows],
        pieces_m2=found.pieces_m2[rows],
        first=np.searchsorted(site, np.arange(count + 1)),
        used=used,
        out_of_force=np.bincount(site[~used], minlength=count).tolist(),
        stale=_stale(role, ground, site[used], feature[used], basis.on),
        mended=mended,
    )


def _stale(role: Role, ground: Ground, site: Ints, feature: Ints, on: date) -> dict[int, Title]:
    """Sites whose features are of a year too long ago, or of none that is known."""
    if role.year is None or not len(site):
        return {}
    told = [fields.get(role.year) for fields in ground.fields]
    years = np.array([np.inf if year is None else year for year in told])
    sites, first = np.unique(site, return_index=True)
    oldest = np.minimum.reduceat(years[feature], first)
    found = {}
    for place in np.flatnonzero(np.isinf(oldest) | (on.year - oldest > role.years_kept)).tolist():
        year = None if np.isinf(oldest[place]) else int(oldest[place])
        found[int(sites[place])] = Title(
            f"数据过期({year or '无年份'} 年):{role.title.zh}",
            f"the data is out of date ({year}): {role.title.en}",
        )
    return found
