"""Text → the address that is meant 地址匹配: candidates, evidence, confidence, over one snapshot."""

from address.match.answer import Candidate, Costs, Decision, Evidence, Match, MatchColumns, Outcome
from address.match.calibrate import Calibration
from address.match.follow import followed
from address.match.index import Index

__all__ = [
    "Calibration",
    "Candidate",
    "Costs",
    "Decision",
    "Evidence",
    "Index",
    "Match",
    "MatchColumns",
    "Outcome",
    "followed",
]
