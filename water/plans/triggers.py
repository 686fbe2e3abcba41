"""When a plan is to be put to work 启动条件: conditions as data, judged on facts as data.

A condition is one of

- ``{"kind": "warning", "level": "orange", "place"?}``: a warning so grave or graver stands;
- ``{"kind": "stage", "station", "threshold"}`` or with ``stage_m`` and ``datum``: water so high or higher;
- ``{"kind": "forecast", "station", "threshold" | "stage_m" and "datum" | "flow_m3_s", "probability"?,
  "within_h"?}``: a forecast that reaches it, so probable, so soon;
- ``{"kind": "order"}``: somebody in charge says so, with a document.

Facts are lists of warnings, stages, forecasts, and the thresholds of stations as they are known, with
their datum. Nothing is converted between datums and no threshold is made up: where a fact is
missing, the condition is undecided, which is not the same as not met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Document = Mapping[str, Any]
COLOURS: Final = ("blue", "yellow", "orange", "red")
"""蓝、黄、橙、红, from the least grave on."""
KINDS: Final = ("warning", "stage", "forecast", "order")


class Verdict(StrEnum):
    """What is found of a condition or trigger."""

    MET = "met"
    NOT_MET = "not-met"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition with what is found of it, and why."""

    condition: Document
    verdict: Verdict
    zh: str
    en: str

    def to_json(self) -> dict[str, Any]:
        """As an activation keeps it."""
        told = {"zh": self.zh, "en": self.en}
        return {"condition": dict(self.condition), "verdict": self.verdict.value, "why": told}


def judged(trigger: Document, facts: Document) -> tuple[Verdict, tuple[Judged, ...]]:
    """A trigger is met when all its conditions are; one that is not met decides, then one undecided.

    >>> judged({"all": [{"kind": "warning", "level": "orange"}]}, {"warnings": [{"level": "red"}]})[0].value
    'met'
    """
    found = tuple(_JUDGES[each["kind"]](each, facts) for each in trigger["all"])
    verdicts = {each.verdict for each in found}
    for verdict in (Verdict.NOT_MET, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict, found
    return Verdict.MET, found


def _warning(condition: Document, facts: Document) -> Judged:
    if "warnings" not in facts:
        return Judged(condition, Verdict.UNDECIDED, "未给出预警情况", "nothing is said of warnings")
    least = COLOURS.index(condition["level"])
    place = condition.get("place")
    standing = [
        each
        for each in facts["warnings"]
        if COLOURS.index(each["level"]) >= least and place in (None, each.get("place"))
    ]
    if standing:
        told = standing[0].get("id") or standing[0]["level"]
        return Judged(condition, Verdict.MET, f"预警 {told} 有效", f"warning {told} stands")
    return Judged(condition, Verdict.NOT_MET, "无此级别预警", "no warning so grave stands")


def _stage(condition: Document, facts: Document) -> Judged:
    wanted = _wanted(condition, facts)
    if isinstance(wanted, Judged):
        return wanted
    limit_m, datum = wanted
    found = [each for each in facts.get("stages", ()) if each["station"] == condition["station"]]
    return _reached(condition, limit_m, datum, found, "水位")


def _forecast(condition: Document, facts: Document) -> Judged:
    likely = condition.get("probability", 0.0)
    soon_h = condition.get("within_h", float("inf"))
    found = [each for each in facts.get("forecasts", ()) if each["station"] == condition["station"]]
    if not found:
        return _unknown(condition, "没有该站的预报", "there is no forecast of the station")
    found = [
        each for each in found if each.get("probability", 1.0) >= likely and each.get("lead_h", 0.0) <= soon_h
    ]
    if not found:
        return Judged(
            condition, Verdict.NOT_MET, "预报的概率或时效不及", "no forecast is so probable and so soon"
        )
    if "flow_m3_s" in condition:
        flows = [each["flow_m3_s"] for each in found if "flow_m3_s" in each]
        if not flows:
            return _unknown(condition, "预报未给流量", "the forecast names no flow")
        met = max(flows) >= condition["flow_m3_s"]
        told = f"{max(flows):g} m³/s"
        return Judged(condition, _met(met), f"预报流量 {told}", f"forecast flow {told}")
    wanted = _wanted(condition, facts)
    if isinstance(wanted, Judged):
        return wanted
    return _reached(condition, *wanted, [each for each in found if "stage_m" in each], "预报水位")


def _order(condition: Document, facts: Document) -> Judged:
    order = facts.get("order")
    if not order:
        return Judged(condition, Verdict.NOT_MET, "无启动命令", "nobody ordered it")
    by = f"{order['by']} {order['document']}"
    return Judged(condition, Verdict.MET, f"启动命令:{by}", f"ordered by {by}")


def _wanted(condition: Document, facts: Document) -> tuple[float, str] | Judged:
    """The stage that must be reached and its datum: named, or of a threshold of the station."""
    if "stage_m" in condition:
        return float(condition["stage_m"]), condition["datum"]
    station, kind = condition["station"], condition["threshold"]
    for each in facts.get("thresholds", ()):
        if each["station"] == station and each["kind"] == kind:
            return float(each["stage_m"]), each["datum"]
    return _unknown(condition, f"{station} 未设特征值 {kind}", f"no threshold {kind} is known of {station}")


def _reached(condition: Document, limit_m: float, datum: str, found: Iterable[Document], what: str) -> Judged:
    same = [each for each in found if each.get("datum") == datum]
    if not same:
        return _unknown(condition, f"没有基面为 {datum} 的{what}", f"no stage in the datum {datum} is known")
    highest = max(float(each["stage_m"]) for each in same)
    return Judged(
        condition,
        _met(highest >= limit_m),
        f"{what} {highest:g} m,条件 {limit_m:g} m",
        f"stage {highest:g} m, the condition is {limit_m:g} m",
    )


def _met(yes: bool) -> Verdict:
    return Verdict.MET if yes else Verdict.NOT_MET


def _unknown(condition: Document, zh: str, en: str) -> Judged:
    return Judged(condition, Verdict.UNDECIDED, zh, en)


_JUDGES: Final = {"warning": _warning, "stage": _stage, "forecast": _forecast, "order": _order}
