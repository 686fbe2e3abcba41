"""Processes of monitoring 监测: watch limits, set one, answer an alert; the ledger; models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Run
from spatial.jobs.processes.parts import INSTANT, OBJECT, described

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_CODE: Final = {"type": "string", "minLength": 1, "maxLength": 20}
_NUMBER: Final = {"type": ["number", "string"]}
_DAY: Final = {"type": "string", "format": "date", "minLength": 10, "maxLength": 10}
_REGION: Final = {"type": "string", "pattern": "^(city|[0-9]{6}|[0-9]{9}|[0-9]{12})$"}
_BY: Final = {
    "author": described("经办人(仅本机)", "author, on this machine only", _TEXT, required=False),
    "department": described("部门(仅本机)", "department, on this machine only", _TEXT, required=False),
}
LEDGER: Final = "land-approvals"
"""Who may edit approvals keeps the quota ledger."""


def _later(name: str) -> Run:
    def run(context: Context, inputs: Inputs) -> Outputs:
        from planning.processes import watching_work

        work: Run = getattr(watching_work, name)
        return work(context, inputs)

    return run


def _region(inputs: Inputs) -> dict[str, Right]:
    from planning.indicators.regions import layer_of

    layer = layer_of(inputs.get("region"))
    return {layer: Right.READ} if layer else {}


def _watched(inputs: Inputs) -> Mapping[str, Right]:
    from planning.indicators.formula import layers
    from planning.monitoring.limits import limit, shipped

    codes = inputs.get("codes") or list(shipped())
    return _region(inputs) | {layer: Right.READ for code in codes for layer in layers(limit(code).tree)}


def _of_limit(right: Right) -> Callable[[Inputs], Mapping[str, Right]]:
    """The right on the first layer that a limit is about: its steward's."""

    def needs(inputs: Inputs) -> Mapping[str, Right]:
        from planning.indicators.formula import layers
        from planning.monitoring.limits import limit

        return {layers(limit(inputs["code"]).tree)[0]: right}

    return needs


def _ledger(_: Inputs) -> Mapping[str, Right]:
    return {LEDGER: Right.EDIT}


def _model(inputs: Inputs) -> Mapping[str, Right]:
    from planning.models.register import model

    needed = {each.layer: Right.READ for each in model(inputs["model"]).inputs.values()}
    return needed | _region(inputs)


WATCH_LIMITS = Process(
    id="watch-limits",
    version="1.0.0",
    title=Title("限值监测", "Watch limits"),
    description=Title(
        "变更之后按限值监测建设用地、耕地、永久基本农田、生态保护红线与许可,只计算变化的图斑,"
        "达到分级阈值时发出蓝黄橙红预警。限值须先录入并注明文件。",
        "After changes, measures construction land, farmland, red lines and permits against their limits,"
        " only where something changed, and raises alerts. Limits are set beforehand, with their document.",
    ),
    inputs={
        "region": described("区域", "city, or a division code", _REGION, required=False),
        "codes": described(
            "监测项",
            "what is watched, else everything",
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": _CODE},
            required=False,
        ),
        "datetime": described("有效时间", "instant of valid time", INSTANT, required=False),
        "afresh": described("全量重算", "measure everything anew", {"type": "boolean"}, required=False),
    },
    outputs={"outcome": described("监测结果", "what was measured and raised", OBJECT)},
    run=_later("watch_limits"),
    needs=_watched,
    synchronous=False,
)

SET_LIMIT = Process(
    id="set-planning-limit",
    version="1.0.0",
    title=Title("录入限值", "Set a limit"),
    description=Title(
        "录入监测项的限值,注明下达或批复文件与起算日;旧值保留。",
        "Sets a limit's figure from a day on, with the document that says so; earlier ones stay.",
    ),
    inputs={
        "code": described("监测项", "what is watched", _CODE),
        "region": described("区域", "city, or a division code", _REGION, required=False),
        "value": described("限值,按监测项的单位", "the figure, in the unit of what is watched", _NUMBER),
        "document": described("文件", "the document", _TEXT),
        "from": described("起算日", "from which day on", _DAY),
        **_BY,
    },
    outputs={"outcome": described("已录入", "what was set", OBJECT)},
    run=_later("set_limit"),
    needs=_of_limit(Right.MANAGE),
    synchronous=False,
)

ANSWER_ALERT = Process(
    id="answer-alert",
    version="1.0.0",
    title=Title("预警签收与处置", "Answer an alert"),
    description=Title(
        "签收 acknowledged、处置 handled、销号 closed 或备注 noted;每一步留回执,不可改。",
        "Acknowledge, handle, close an alert, or note something; each step leaves a receipt for good.",
    ),
    inputs={
        "code": described("监测项", "what is watched", _CODE),
        "alert": described("预警编号", "number of the alert", {"type": "integer", "minimum": 1}),
        "action": described(
            "动作",
            "what is done",
            {"type": "string", "enum": ["acknowledged", "handled", "closed", "noted"]},
        ),
        "note": described("办理情况", "what was done", {"type": "string", "maxLength": 2000}, required=False),
        **_BY,
    },
    outputs={"outcome": described("预警与回执", "the alert with its receipts", OBJECT)},
    run=_later("answer_alert"),
    needs=_of_limit(Right.EDIT),
    synchronous=False,
)

POST_QUOTA = Process(
    id="post-quota",
    version="1.0.0",
    title=Title("指标记账", "Post to the quota ledger"),
    description=Title(
        "复式记账:一笔之内各计量之和为零,须注明文件;受控账户不得透支;记后不改,更正另记。",
        "Double entry: a posting sums to zero by measure and names its document; guarded accounts are not"
        " overdrawn; nothing is changed afterwards, an error is posted the other way.",
    ),
    inputs={
        "booked_on": described("记账日", "day", _DAY),
        "document": described("文件", "the document", _TEXT),
        "project": described("项目", "the project", _TEXT, required=False),
        "reason": described("原因", "why", _TEXT),
        "entries": described(
            "分录",
            "the entries",
            {
                "type": "array",
                "minItems": 2,
                "maxItems": 200,
                "items": {
                    "type": "object",
                    "required": ["account", "amount"],
                    "additionalProperties": False,
                    "properties": {"account": {"type": "string", "maxLength": 100}, "amount": _NUMBER},
                },
            },
        ),
        **_BY,
    },
    outputs={"outcome": described("记账结果与余额", "the posting and the balances after it", OBJECT)},
    run=_later("post_quota"),
    needs=_ledger,
    synchronous=False,
)

RUN_MODEL = Process(
    id="run-planning-model",
    version="1.0.0",
    title=Title("运行规划模型", "Run a planning model"),
    description=Title(
        "按模型声明的输入与参数运行并存档,可据输入摘要复算。现有:urban-extent 城区范围(参数待核)。",
        "Runs a model by its declared inputs and parameters and keeps the run, to be made again from the"
        " digests of its inputs. There is: urban-extent (parameters unverified).",
    ),
    inputs={
        "model": described("模型", "the model", {"type": "string", "minLength": 1, "maxLength": 60}),
        "region": described("区域", "city, or a division code", _REGION, required=False),
        "datetime": described("有效时间", "instant of valid time", INSTANT, required=False),
        "asof": described("登记时间", "instant of recorded time", INSTANT, required=False),
        "parameters": described(
            "参数",
            "parameters",
            {"type": "object", "additionalProperties": {"type": "number"}},
            required=False,
        ),
    },
    outputs={"outcome": described("模型结果", "the run and its result", OBJECT)},
    run=_later("run_model"),
    needs=_model,
    synchronous=False,
)
WATCHING: Final = (WATCH_LIMITS, SET_LIMIT, ANSWER_ALERT, POST_QUOTA, RUN_MODEL)
