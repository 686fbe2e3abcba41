"""A rule 规则: from which law, for whom, over which layer, by which measure, with what verdict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

import orjson

from planning.model import Verdict
from spatial.catalogue.contract import Title


class Relation(StrEnum):
    """What of the site a rule looks at."""

    OVERLAPS = "overlaps"
    """The part of it that lies in features of the layer."""
    OVERLAPS_OR_OUTSIDE = "overlaps-or-outside"
    """That, and as a group of its own (``outside``) the part in none of them."""
    ITSELF = "itself"
    """The whole site, without a layer."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from 法源."""

    document: str
    article: str
    checked: bool
    """A person has compared the rule with the text."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is too small to count 容差; it is reported, never dropped."""

    min_area_m2: float = 0.0
    min_width_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """If this holds of a group, that is the verdict."""

    when: str
    """CQL2 text over the facts of the group and the project's (``project_…``)."""
    verdict: Verdict
    advice: Title


@dataclass(frozen=True)
class Rule:
    """One version of a rule; versions are never changed."""

    id: str
    version: int
    title: Title
    source: Source
    valid_from: date
    valid_to: date | None
    stages: tuple[str, ...]
    """Stages of approval at which it is asked; all where empty."""
    activities: tuple[str, ...]
    """Activities it is for; all where empty."""
    except_activities: tuple[str, ...]
    role: str | None
    relation: Relation
    where: str | None
    """CQL2 text over the fields of the layer: which features count."""
    by: tuple[str, ...]
    """Fields that tell groups of features apart; one group where empty."""
    account: str | None
    """Account of the quota ledger whose balance is the fact ``quota_left_m2``."""
    tolerance: Tolerance
    cases: tuple[Case, ...]
    otherwise: Verdict
    """Of a group for which no case holds, and of a site without a group."""

    def applies(self, on: date, stage: str | None, activity: str | None) -> bool:
        """Whether it is asked on a day, at a stage, of an activity; what is not said excludes nothing."""
        if on < self.valid_from or (self.valid_to is not None and on >= self.valid_to):
            return False
        if self.stages and stage is not None and stage not in self.stages:
            return False
        if self.activities and activity is not None and activity not in self.activities:
            return False
        return activity not in self.except_activities

    @cached_property
    def document(self) -> dict[str, Any]:
        """The rule as JSON has it."""
        return {
            "id": self.id,
            "version": self.version,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "source": {
                "document": self.source.document,
                "article": self.source.article,
                "checked": self.source.checked,
            },
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "stages": list(self.stages),
            "activities": list(self.activities),
            "except_activities": list(self.except_activities),
            "role": self.role,
            "relation": self.relation.value,
            "where": self.where,
            "by": list(self.by),
            "account": self.account,
            "tolerance": {
                "min_area_m2": self.tolerance.min_area_m2,
                "min_width_m": self.tolerance.min_width_m,
            },
            "cases": [
                {
                    "when": case.when,
                    "verdict": case.verdict.value,
                    "advice": {"zh": case.advice.zh, "en": case.advice.en},
                }
                for case in self.cases
            ],
            "otherwise": self.otherwise.value,
        }

    @cached_property
    def sha256(self) -> bytes:
        """Digest of the rule in its one form."""
        return hashlib.sha256(orjson.dumps(self.document, option=orjson.OPT_SORT_KEYS)).digest()
