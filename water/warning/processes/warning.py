"""``warning-evaluate``, ``warning-rule-record``, ``warning-probability-give``, ``warning-verify``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, OBJECT, SIGNED, described
from water.gauges.layers import STATIONS, THRESHOLDS
from water.processes.asking import STATION
from water.warning.colour import COLOURS

GIVEN_MOST: Final = 20_000
_OUT: Final = {"outcome": described("结果", "what was done", OBJECT)}
_BY: Final = {name: SIGNED[name] for name in ("author", "department")}
_RULE_ID: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,59}$"}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 300}
_GIVEN: Final[Schema] = {
    "type": "object",
    "required": ["station", "issued_at", "from", "until", "probability"],
    "additionalProperties": False,
    "properties": {
        "station": STATION,
        **dict.fromkeys(("issued_at", "from", "until"), INSTANT),
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
    },
}


def _work(name: str) -> Callable[[Context, Inputs], Outputs]:
    def run(context: Context, inputs: Inputs) -> Outputs:
        from water.warning.processes import warning_work

        found: Callable[[Context, Inputs], Outputs] = getattr(warning_work, name)
        return found(context, inputs)

    return run


def _process(
    id_: str, title: Title, description: Title, inputs: Mapping[str, Described], work: str, right: Right
) -> Process:
    return Process(
        id=id_,
        version="1.0.0",
        title=title,
        description=description,
        inputs=inputs,
        outputs=_OUT,
        run=_work(work),
        needs=lambda _: {STATIONS: Right.READ, THRESHOLDS: right},
        synchronous=False,
    )


WARNINGS: Final = (
    _process(
        "warning-evaluate",
        Title("预警判定", "Evaluate warnings"),
        Title(
            "按生效的规则判定上次以来的全部读数:发布、升级、降级、解除,记录数据中断与逾时未签收。"
            "缺少特征值的不作判定;宜列入计划任务。",
            "Judges all readings since the last time by the rules in force: issues, raises, lowers, clears;"
            " records inputs that fell silent and acknowledgements that are overdue. Where no threshold is on"
            " file nothing is judged. Meant for a schedule.",
        ),
        {"datetime": described("判定时刻", "up to when; else now", INSTANT, required=False)},
        "evaluate",
        Right.EDIT,
    ),
    _process(
        "warning-rule-record",
        Title("登记预警规则", "Record a warning rule"),
        Title(
            "登记规则的新版本;旧版本永久保留。解除值不得高于触发值,须注明依据。",
            "A new version of a rule; earlier ones are kept for good. It clears no higher than it raises and"
            " names what it rests on.",
        ),
        {
            "rule": described("规则", "the rule, as docs/warning.md describes", OBJECT),
            "reason": described("原因", "why", _TEXT),
            **_BY,
        },
        "record_rule",
        Right.REVIEW,
    ),
    _process(
        "warning-probability-give",
        Title("录入超限概率", "Give exceedance probabilities"),
        Title(
            "录入预报给出的超限概率,供 exceedance 类规则判定;注明所出的预报。",
            "Forecast probabilities that a threshold is reached, for rules of the kind exceedance, with the"
            " forecast that they come from.",
        ),
        {
            "rule": described("规则编号", "id of the rule", _RULE_ID),
            "source": described("所出预报", "the forecast that they come from", _TEXT),
            "values": described(
                "概率",
                "the probabilities",
                {"type": "array", "minItems": 1, "maxItems": GIVEN_MOST, "items": _GIVEN},
            ),
            **_BY,
        },
        "give",
        Right.EDIT,
    ),
    _process(
        "warning-verify",
        Title("预警检验", "Verify warnings"),
        Title(
            "以实测检验一段时间内的预警:命中、空报、漏报与提前量,记入台账。",
            "Holds the warnings of a time against what was measured: hits, false and missed alarms, lead"
            " times; into the ledger.",
        ),
        {
            "rule": described("规则编号", "id of the rule", _RULE_ID),
            "colour": described(
                "等级", "which colour", {"type": "string", "enum": [each.id for each in COLOURS]}
            ),
            "start": described("起", "from", INSTANT),
            "end": described("止", "until", INSTANT),
            "tolerance_s": described(
                "容许的提前或延后(秒)",
                "how much earlier or later still counts, s",
                {"type": "number", "minimum": 0, "maximum": 10 * 86_400},
                required=False,
            ),
        },
        "verify",
        Right.EDIT,
    ),
)
"""Every process of warnings."""
