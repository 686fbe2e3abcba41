"""Running the review 质检: the groups one after the other over a subject."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from planning.review.checks.areas import areas
from planning.review.checks.changes import changes
from planning.review.checks.crossing import across, handed_down
from planning.review.checks.delivery import basis, completeness
from planning.review.checks.fit import fit
from planning.review.checks.geometry import geometry
from planning.review.checks.indicators import indicators
from planning.review.checks.structure import structure
from planning.review.checks.values import uniqueness, values
from planning.review.model import Finding, Outcome, Severity, skipped
from planning.review.subject import Subject
from spatial.catalogue.contract import Title

Group = Callable[[Subject], Iterator[Outcome]]
Progress = Callable[[int], None]
"""Called with the number of each group before it runs."""

GROUPS: Final[Mapping[int, Group]] = {
    1: completeness,
    2: basis,
    3: structure,
    4: values,
    5: uniqueness,
    6: geometry,
    7: fit,
    8: across,
    9: areas,
    10: indicators,
    11: handed_down,
    12: changes,
}


_NOWHERE: Final = Title(
    "成果中没有此项所查的图层或字段", "the delivery has no layer or field that this looks at"
)


_PLACED: Final = (6, 7, 9)
"""Groups that look at shapes where they lie."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a review found."""

    delivery: str
    outcomes: tuple[Outcome, ...]
    seconds: Mapping[int, float]
    """Of each group."""
    features: Mapping[str, int]
    """Features of each layer."""

    @property
    def findings(self) -> Iterator[Finding]:
        """All that are listed."""
        for each in self.outcomes:
            yield from each.findings

    def total(self, subject: Subject, severity: Severity) -> int:
        """Defects of a severity, listed or not."""
        checks = subject.catalogue.checks
        return sum(each.total for each in self.outcomes if checks[each.check].severity is severity)

    def passed(self, subject: Subject) -> bool:
        """No errors were found; checks that did not run are told beside this."""
        return self.total(subject, Severity.ERROR) == 0


def review(subject: Subject, wanted: Iterable[str] | None = None, progress: Progress | None = None) -> Review:
    """Run the checks that are wanted, else all; a group runs when one of its checks is wanted."""
    checks = set(subject.catalogue.checks if wanted is None else wanted)
    found: list[Outcome] = []
    seconds: dict[int, float] = {}
    for number, group in GROUPS.items():
        if not any(each.id in checks for each in subject.catalogue.group(number)):
            continue
        if progress is not None:
            progress(number)
        started = time.monotonic()
        told = [each for each in group(subject) if each.check in checks]
        silent = {each.id for each in subject.catalogue.group(number)} & checks - {
            each.check for each in told
        }
        found += told
        if number in _PLACED:
            found += _astray(subject, number, checks)
        found += (skipped(each, "", _NOWHERE.zh, _NOWHERE.en) for each in sorted(silent))
        seconds[number] = time.monotonic() - started
    features = {name: len(state) for name, state in subject.delivery.layers.items()}
    return Review(subject.delivery.name, tuple(found), seconds, features)


def _astray(subject: Subject, number: int, checks: set[str]) -> Iterator[Outcome]:
    """What a group could not look at, as the layer does not lie about the city."""
    for state in subject.delivery.layers.values():
        if state.shapes_4490 is not None and not subject.stands(state):
            for check in subject.catalogue.group(number):
                if check.id in checks:
                    yield skipped(
                        check.id, state.id, "图层坐标不在本市", "the layer does not lie in the city"
                    )
