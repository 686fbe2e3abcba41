"""``quality-audit`` 质量检查: what of the register is not as the city's rules want it, by town and check."""

from __future__ import annotations

from collections.abc import Mapping

from address.processes.lists import FORMATS, READ
from address.processes.parts import TOWN
from address.rules.findings import CHECKS
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, described


def _run(context: Context, inputs: Inputs) -> Outputs:
    from address.processes.audit_work import run

    return run(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys((*READ, "regions"), Right.READ)


QUALITY_AUDIT = Process(
    id="quality-audit",
    version="1.0.0",
    title=Title("登记簿质量检查", "Audit the register"),
    description=Title(
        "按城市规则检查门牌(单双号、顺序、缺号、重号、不用之号、离路距离)、名称(同音、形近)和位置(出界、缺失),"
        "按镇街汇总,逐项列入文件。",
        "Checks door numbers, names and positions by the city's rules; counts by town, and a list of all.",
    ),
    inputs={
        "town": TOWN,
        "checks": described(
            "检查项",
            "what to look for, else everything",
            {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "string", "enum": list(CHECKS)},
            },
            required=False,
        ),
        "format": described(
            "文件格式", "format of the file", {"type": "string", "enum": list(FORMATS)}, required=False
        ),
    },
    outputs={
        "violations": described("问题清单", "every finding", {"type": "string", "contentEncoding": "base64"}),
        "report": described("检查报告", "what was found", OBJECT),
    },
    run=_run,
    needs=_needs,
    synchronous=False,
)
