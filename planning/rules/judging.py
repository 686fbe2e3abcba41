"""Judging 判定: from the facts of a site and its groups to a verdict with its reason. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planning.model import ATTRIBUTES, Verdict, gravest
from planning.rules.conditions import holds, missing
from planning.rules.rule import Rule
from spatial.catalogue.contract import Title

_TITLES = {f"project_{each.name}": each.title for each in ATTRIBUTES}


@dataclass(frozen=True, slots=True)
class Found:
    """One group of what a rule looks at: features alike in the fields that tell groups apart."""

    fields: Mapping[str, Any]
    area_m2: float
    share: float
    """Of the site."""
    count: int
    """Features."""
    outside: bool = False
    """The part of the site that lies in no feature of the layer."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What conditions ask of it."""
        told = {"area_m2": self.area_m2, "share": self.share, "count": self.count, "outside": self.outside}
        return {**self.fields, **told}


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict of one group, or of a rule, with its reason."""

    verdict: Verdict
    reason: Title | None = None
    case: int | None = None
    """Which case of the rule held, from 0."""


def judge(
    rule: Rule, groups: Sequence[Found], project: Mapping[str, Any]
) -> tuple[Judged, tuple[Judged, ...]]:
    """The verdict of a rule, and that of each group. ``project`` holds the facts of the site."""
    if not groups:
        return Judged(rule.otherwise), ()
    each = tuple(_judged(rule, {**project, **group.facts}) for group in groups)
    worst = gravest([one.verdict for one in each])
    first = next(one for one in each if one.verdict is worst)
    return first, each


def _judged(rule: Rule, facts: Mapping[str, Any]) -> Judged:
    for number, case in enumerate(rule.cases):
        found = holds(case.when, facts)
        if found is None:
            return Judged(Verdict.UNDECIDED, _not_said(missing(case.when, facts)), number)
        if found:
            return Judged(case.verdict, case.advice, number)
    return Judged(rule.otherwise)


def _not_said(names: Sequence[str]) -> Title:
    told = [_TITLES.get(name, Title(name, name)) for name in names]
    zh, en = "、".join(each.zh for each in told), ", ".join(each.en for each in told)
    return Title(f"缺少:{zh}", f"not known: {en}")
