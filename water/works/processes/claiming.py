"""``claim-record`` 主张登记 and ``claim-choose`` 主张采用."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import OBJECT, SIGNED, described
from water.works.layers import CHOICES, CLAIMS

CLAIMS_MOST: Final = 2_000
FILE_CHARACTERS_MOST: Final = 8 << 20
_CLAIM: Final[Schema] = {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}
FILE: Final[Schema] = {
    "type": "object",
    "required": ["name", "content"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 5, "maxLength": 120, "pattern": "^[^/\\\\]+$"},
        "content": {"type": "string", "maxLength": FILE_CHARACTERS_MOST, "contentEncoding": "base64"},
    },
}
ENTERED: Final = {name: each for name, each in SIGNED.items() if name != "document"}
"""Who enters what from which day on, and why; a record of what was seen or read needs no approval."""
_CLAIM_ID: Final[Schema] = {"type": "string", "pattern": "^CLM-[0-9a-f]{20}$"}


def _record(context: Context, inputs: Inputs) -> Outputs:
    from water.works.processes.claiming_work import record

    return record(context, inputs)


def _choose(context: Context, inputs: Inputs) -> Outputs:
    from water.works.processes.claiming_work import choose

    return choose(context, inputs)


def _records(_: Inputs) -> Mapping[str, Right]:
    return {CLAIMS: Right.EDIT}


def _chooses(_: Inputs) -> Mapping[str, Right]:
    return {CLAIMS: Right.READ, CHOICES: Right.EDIT}


CLAIM_RECORD = Process(
    id="claim-record",
    version="1.0.0",
    title=Title("主张登记", "Record claims"),
    description=Title(
        "登记对河流、工程、水库、洪水的主张:逐条(claims)或以 CSV、XLSX 文件(file),全部登记或一条不登;"
        "没有来源文件的、高程没有基面的不予登记。已在册的同一主张只更新核实状态与备注。preview 只检查。",
        "Enter claims on rivers, works, reservoirs, floods, one by one (claims) or as CSV or XLSX (file),"
        " all of them or none; none without a source, no height without its datum. Of a claim that is there"
        " already only standing and note change. preview only checks.",
    ),
    inputs={
        "claims": described(
            "主张,字段同图层 river-claims",
            "claims, by the fields of the layer river-claims",
            {"type": "array", "minItems": 1, "maxItems": CLAIMS_MOST, "items": _CLAIM},
            required=False,
        ),
        "file": described("CSV 或 XLSX 文件(base64)", "CSV or XLSX in base64", FILE, required=False),
        **ENTERED,
    },
    outputs={"recorded": described("登记结果", "what was entered", OBJECT)},
    run=_record,
    needs=_records,
    entire=True,
    synchronous=False,
)
CLAIM_CHOOSE = Process(
    id="claim-choose",
    version="1.0.0",
    title=Title("主张采用", "Choose a claim"),
    description=Title(
        "对一个对象的一个属性,自生效日起采用这一条主张;何人、何时、为何都留在历史中。",
        "From a day on this claim is the one that is shown for its property of its subject; who chose, when"
        " and why stays in the history.",
    ),
    inputs={"claim": described("主张编号", "id of the claim", _CLAIM_ID), **ENTERED},
    outputs={"choice": described("采用结果", "what was chosen", OBJECT)},
    run=_choose,
    needs=_chooses,
    entire=True,
    synchronous=False,
)
