"""A claim 主张: what one source says of one thing. Typed, frozen data; no input or output.

A claim is known by the digest of what it says and where it says it. So it cannot be altered without
becoming another one, and the same statement recorded twice is one claim. Its standing 核实状态 and the note
on it are no part of what it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from water.works.datum import VerticalDatum
from water.works.vocabulary import Property, same, shipped


class Standing(StrEnum):
    """How far a claim is to be trusted 核实状态."""

    SOURCED = "sourced"
    """有据: its document is named; nobody of the platform has compared it."""
    VERIFIED = "verified"
    """已核: compared with the document."""
    UNVERIFIED = "unverified"
    """待核."""
    WITHDRAWN = "withdrawn"
    """已撤回: it stays on the register and is shown no more."""


class Bound(StrEnum):
    """How a value is meant."""

    EXACT = "exact"
    ABOUT = "about"
    MORE_THAN = "more-than"
    AT_MOST = "at-most"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is spoken of."""

    kind: str
    """One of the codes of the layer: ``river``, ``work``, ``reservoir``, ``flood`` …"""
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """What claims can contradict each other about: a property of a subject, of a part, at a time."""

    subject: str
    attribute: str
    scope: str = ""
    """Part that is meant, as 寿光段; empty for the whole."""
    applies_to: str = ""
    """Time that is meant, as ``2018-08-19T12:00``; empty where none is."""

    @property
    def choice_id(self) -> str:
        """Identity of the editorial choice about it.

        >>> Question("mi", "length").choice_id
        'CHO-c2df0a57d18d8bc3cfad'
        """
        return "CHO-" + _digest([self.subject, self.attribute, self.scope, self.applies_to])


@dataclass(frozen=True, slots=True)
class Value:
    """What is said: a number, a range or words."""

    number: float | None = None
    number_to: float | None = None
    """Upper end, of a range."""
    text: str = ""
    unit: str = "1"
    """UCUM."""
    bound: Bound = Bound.EXACT
    datum: VerticalDatum = VerticalDatum.NONE

    def agrees(self, other: Value, of: Property) -> bool:
        """Whether both say the same, whatever their units; heights agree within one datum only."""
        if of.is_text:
            return self.text == other.text
        if (self.bound, self.datum) != (other.bound, other.datum):
            return False
        for one, two in ((self.number, other.number), (self.number_to, other.number_to)):
            if (one is None) != (two is None):
                return False
            if one is not None and two is not None:
                mine, theirs = of.comparable(one, self.unit), of.comparable(two, other.unit)
                if not same(mine, theirs):
                    return False
        return True


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is said."""

    document: str
    page: str = ""
    date: str = ""
    """As far as it is known: year, month or day."""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says of one thing."""

    subject: Subject
    attribute: str
    value: Value
    source: Source
    scope: str = ""
    applies_to: str = ""
    standing: Standing = Standing.UNVERIFIED
    note: str = ""

    @property
    def question(self) -> Question:
        """What it answers."""
        return Question(self.subject.id, self.attribute, self.scope, self.applies_to)

    @property
    def id(self) -> str:
        """Its identity: the digest of what it says and where it says it."""
        value, source = self.value, self.source
        return "CLM-" + _digest(
            [
                *(self.subject.kind, self.subject.id, self.subject.name),
                *(self.attribute, self.scope, self.applies_to),
                *(value.number, value.number_to, value.text, value.unit, value.bound, value.datum),
                *(source.document, source.page, source.date, source.author),
            ]
        )

    def row(self) -> dict[str, Any]:
        """Its row in the layer ``river-claims``; what is empty is null."""
        value, source = self.value, self.source
        told = {
            "claim_id": self.id,
            "subject_kind": self.subject.kind,
            "subject": self.subject.id,
            "subject_name": self.subject.name,
            "property": self.attribute,
            "quantity": shipped()[self.attribute].quantity.id,
            "scope": self.scope,
            "applies_to": self.applies_to,
            "value": value.number,
            "value_to": value.number_to,
            "bound": value.bound.value,
            "text": value.text,
            "unit": value.unit,
            "vertical_datum": value.datum.value,
            "document": source.document,
            "page": source.page,
            "document_date": source.date,
            "author": source.author,
            "standing": self.standing.value,
            "note": self.note,
        }
        return {name: None if value == "" else value for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """A claim as the register holds it, and who entered it when."""

    claim: Claim
    changeset: int
    entered_by: str
    department: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Which claim is shown 编辑采用, who chose, when and why."""

    question: Question
    claim_id: str
    reason: str
    chosen_by: str
    department: str
    recorded_at: datetime
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """All that is claimed in answer to one question, side by side."""

    question: Question
    claims: tuple[Held, ...]
    choice: Choice | None

    @property
    def conflict(self) -> bool:
        """矛盾: two claims that were not withdrawn say different things."""
        return len(self.groups) > 1

    @property
    def groups(self) -> tuple[tuple[Held, ...], ...]:
        """Claims that say the same, together; those withdrawn are left out."""
        found: list[list[Held]] = []
        of = shipped()[self.question.attribute]
        for each in self.claims:
            if each.claim.standing is Standing.WITHDRAWN:
                continue
            alike = next((g for g in found if g[0].claim.value.agrees(each.claim.value, of)), None)
            if alike is None:
                found.append([each])
            else:
                alike.append(each)
        return tuple(map(tuple, found))

    @property
    def shown(self) -> Held | None:
        """The claim chosen; without a choice the only one there is, and none where they contradict.

        A choice of a claim that was withdrawn since shows nothing: somebody has to choose again.
        """
        standing = [each for group in self.groups for each in group]
        if self.choice is not None:
            return next((each for each in standing if each.claim.id == self.choice.claim_id), None)
        return standing[0] if standing and not self.conflict else None


def answered(held: Sequence[Held], choices: Mapping[Question, Choice]) -> tuple[Answered, ...]:
    """Claims by what they answer, in the order of the vocabulary."""
    by_question: dict[Question, list[Held]] = {}
    for each in held:
        by_question.setdefault(each.claim.question, []).append(each)
    order = {name: place for place, name in enumerate(shipped())}
    questions = sorted(by_question, key=lambda q: (order[q.attribute], q.scope, q.applies_to))
    return tuple(Answered(each, tuple(by_question[each]), choices.get(each)) for each in questions)


_LENGTH: Final = 20


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:_LENGTH]
