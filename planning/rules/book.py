"""The book of rules 规则库: read from TOML, checked as a whole, told apart by digest."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from typing import Any

from planning import roles
from planning.errors import BadRule, UnknownRule
from planning.model import ACTIVITIES, ATTRIBUTES, STAGES, Verdict
from planning.rules.conditions import condition, names
from planning.rules.rule import Case, Relation, Rule, Source, Tolerance
from spatial.catalogue.contract import Title

_OF_GROUPS = frozenset({"area_m2", "share", "count", "outside"})
_OF_SITES = frozenset({"project_area_m2", "quota_left_m2"}) | {f"project_{each.name}" for each in ATTRIBUTES}
_DERIVED = frozenset({"project_use_1", "project_use_2"})
"""First and second level of the intended class."""


@dataclass(frozen=True)
class Book:
    """Rules in their order; several versions of one may stand in it, valid at different times."""

    rules: tuple[Rule, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def get(self, rule_id: str, version: int | None = None) -> Rule:
        """A rule by id, the newest version where none is named; UnknownRule."""
        found = [rule for rule in self.rules if rule.id == rule_id and version in (None, rule.version)]
        if not found:
            raise UnknownRule(f"没有这条规则:{rule_id}", f"there is no such rule: {rule_id}", value=rule_id)
        return max(found, key=lambda rule: rule.version)

    def asked(self, on: date, only: Sequence[str] = ()) -> tuple[Rule, ...]:
        """The rules in force on a day, one version each; those named, in the book's order."""
        for rule_id in only:
            self.get(rule_id)
        return tuple(
            rule
            for rule in self.rules
            if rule.valid_from <= on
            and (rule.valid_to is None or on < rule.valid_to)
            and (not only or rule.id in only)
        )

    @cached_property
    def sha256(self) -> bytes:
        """Digest of the whole book."""
        return hashlib.sha256(b"".join(rule.sha256 for rule in self.rules)).digest()


@cache
def shipped() -> Book:
    """The first rules, as they come with the platform.

    >>> len({rule.id for rule in shipped()})  >= 20
    True
    """
    text = resources.files("planning").joinpath("assets", "rules.toml").read_text("utf-8")
    return read(tomllib.loads(text))


def read(content: Mapping[str, Any]) -> Book:
    """The rules of a TOML document; BadRule names the rule and what is wrong."""
    rules = tuple(_rule(given) for given in content.get("rules", ()))
    for rule in rules:
        _check(rule)
    _check_versions(rules)
    return Book(rules)


def _rule(given: Mapping[str, Any]) -> Rule:
    try:
        tolerance = given.get("tolerance", {})
        applies = given.get("applies", {})
        return Rule(
            id=given["id"],
            version=given["version"],
            title=_title(given["title"]),
            source=Source(
                given["source"]["document"], given["source"]["article"], given["source"].get("checked", False)
            ),
            valid_from=given["valid_from"],
            valid_to=given.get("valid_to"),
            stages=tuple(applies.get("stages", ())),
            activities=tuple(applies.get("activities", ())),
            except_activities=tuple(applies.get("except", ())),
            role=given.get("role"),
            relation=Relation(given["relation"]),
            where=given.get("where"),
            by=tuple(given.get("by", ())),
            account=given.get("account"),
            tolerance=Tolerance(tolerance.get("min_area_m2", 0.0), tolerance.get("min_width_m", 0.0)),
            cases=tuple(
                Case(case["when"], Verdict(case["verdict"]), _title(case["advice"]))
                for case in given["cases"]
            ),
            otherwise=Verdict(given["otherwise"]),
        )
    except (KeyError, ValueError, TypeError) as failure:
        raise _bad(
            given.get("id", "?"), f"缺少或不认得 {failure}", f"missing or unknown {failure}"
        ) from failure


def _title(given: Mapping[str, str]) -> Title:
    return Title(given["zh"], given["en"])


def _check(rule: Rule) -> None:
    if (rule.role is None) != (rule.relation is Relation.ITSELF):
        raise _bad(rule.id, "relation 与 role 不相称", "its relation does not go with its role")
    if rule.role is not None and rule.role not in roles.shipped():
        raise _bad(rule.id, f"没有图层角色 {rule.role}", f"there is no role {rule.role}")
    for kind, given, known in (
        ("stage", rule.stages, STAGES),
        ("activity", (*rule.activities, *rule.except_activities), ACTIVITIES),
    ):
        for each in given:
            if each not in known:
                raise _bad(rule.id, f"不认得的 {kind}:{each}", f"unknown {kind} {each}")
    facts = _OF_GROUPS | _OF_SITES | _DERIVED | set(rule.by)
    for case in rule.cases:
        condition(case.when)
        for name in names(case.when) - facts:
            raise _bad(
                rule.id, f"条件用了不存在的量 {name}", f"a condition asks for {name}, which is not there"
            )


def _check_versions(rules: Sequence[Rule]) -> None:
    """One version of a rule on one day; none twice."""
    twice = [key for key, count in Counter((r.id, r.version) for r in rules).items() if count > 1]
    if twice:
        raise _bad(twice[0][0], f"版本 {twice[0][1]} 出现两次", f"version {twice[0][1]} stands twice")
    for first in rules:
        for second in rules:
            if first.id == second.id and first.version < second.version:
                ends = first.valid_to or date.max
                if ends > second.valid_from and (second.valid_to or date.max) > first.valid_from:
                    raise _bad(
                        first.id,
                        f"版本 {first.version} 与 {second.version} 的有效期重叠",
                        f"versions {first.version} and {second.version} are in force at one time",
                    )


def _bad(rule_id: str, zh: str, en: str) -> BadRule:
    return BadRule(
        f"规则有误,请改正({zh}):{rule_id}", f"a rule is wrong, mend it ({en}): {rule_id}", value=rule_id
    )
