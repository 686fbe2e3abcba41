"""Rules of use control 用途管制规则: data with versions, and the judgement by them; pure functions."""

from planning.rules.book import Book, shipped
from planning.rules.judging import Found, Judged, judge
from planning.rules.rule import Case, Rule, Source, Tolerance

__all__ = ["Book", "Case", "Found", "Judged", "Rule", "Source", "Tolerance", "judge", "shipped"]
