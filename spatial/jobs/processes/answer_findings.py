"""``answer-findings`` 告警办理: findings of quality control answered, with a receipt each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum import format_instant, parse_instant
from spatial.errors import BadTime
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import LAYER, OBJECT, SIGNED, described, who
from spatial.observe import finding, finding_store
from spatial.observe.series import NoSuchDatastream

_STREAM_MAX: Final = 2**31 - 1


def _run(context: Context, inputs: Inputs) -> Outputs:
    subject, department = who(context, inputs)
    datastream, span = inputs["datastream"], _span(inputs["datetime"])
    with connect(context.dsn) as connection, connection.transaction():
        there, layer = finding_store.layer_of(connection, datastream)
        unsaid = layer is None and not context.owner.local
        if not there or unsaid or layer != inputs.get("layer"):
            raise NoSuchDatastream(
                f"此图层没有这个数据流,请核对:{datastream}",
                f"no such datastream in this layer: {datastream}",
                value=datastream,
            )
        done = finding_store.answer(
            connection,
            datastream,
            span,
            inputs["action"],
            (subject, department),
            inputs.get("note", ""),
        )
        told = {
            "datastream": datastream,
            "datetime": "/".join(format_instant(each) for each in span),
            "action": done.action,
            "answered": done.count,
            "left": done.left,
        }
        outputs: Outputs = {"outcome": Document(told)}
        context.finish(connection, outputs)
    return outputs


def _span(text: str) -> tuple[datetime, datetime]:
    """An instant, or from one to another, both included."""
    first, _, last = text.partition("/")
    try:
        found = parse_instant(first), parse_instant(last or first)
    except BadTime as failure:
        raise bad("/inputs/datetime", "不是时刻或时段", "is no instant nor interval", str(failure)) from None
    if found[1] < found[0]:
        raise bad("/inputs/datetime", "止早于起", "ends before it begins", text)
    return found


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return {inputs["layer"]: Right.EDIT} if "layer" in inputs else {}


ANSWER_FINDINGS = Process(
    id="answer-findings",
    version="1.0.0",
    title=Title("质控告警办理", "Answer findings of quality control"),
    description=Title(
        "确认 acknowledged、处置 handled、销号 closed 或备注 noted:对一个数据流一个时刻或时段内的质控告警,"
        "每条留回执,不可改;须有测站图层的编辑权。值经更正或重新判定后重新告警。",
        "Acknowledge, handle, close findings of a datastream at an instant or over a span, or note something;"
        " each gets a receipt for good. Takes the right to edit the stations' layer. A value that is"
        " corrected or judged anew is raised anew.",
    ),
    inputs={
        "layer": described(
            "测站的图层(设备不属图层时不写,仅本机)",
            "layer of the station; none where its Thing names none, on this machine only",
            LAYER,
            required=False,
        ),
        "datastream": described(
            "数据流编号",
            "number of the datastream",
            {"type": "integer", "minimum": 1, "maximum": _STREAM_MAX},
        ),
        "datetime": described(
            "时刻或起/止时段(含两端)",
            "an instant, or start/end, both included",
            {"type": "string", "minLength": 4, "maxLength": 80},
        ),
        "action": described("动作", "what is done", {"type": "string", "enum": list(finding.ACTIONS)}),
        "note": described("办理情况", "what was done", {"type": "string", "maxLength": 2000}, required=False),
        "author": SIGNED["author"],
        "department": SIGNED["department"],
    },
    outputs={"outcome": described("办理结果", "how many findings took the step", OBJECT)},
    run=_run,
    needs=_needs,
    synchronous=False,
)
