"""``datum-offset-record`` 换算差登记."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import GEOJSON, OBJECT, described
from water.processes.asking import STATION
from water.works.layers import OFFSETS, contract
from water.works.processes.claiming import ENTERED


def _record(context: Context, inputs: Inputs) -> Outputs:
    from water.works.processes.offsetting_work import record

    return record(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return {OFFSETS: Right.EDIT}


def _codes(field: str) -> Schema:
    return {"type": "string", "enum": [code for code, _ in contract(OFFSETS).field(field).codes]}


DATUM_OFFSET_RECORD: Final = Process(
    id="datum-offset-record",
    version="1.0.0",
    title=Title("高程换算差登记", "Record an offset between vertical datums"),
    description=Title(
        "登记两个高程基准之间已知的差值:来源、标准不确定度与适用范围(面);冻结、假定基面须注明测站。"
        "特征值、断面与 SL 323 表按此换算;没有登记的不换算。",
        "Enter a known difference of two vertical datums with its source, standard uncertainty and where it"
        " holds (areas); one of a frozen or assumed datum names its station. Thresholds, sections and"
        " tables of SL 323 are converted by it, and by nothing that is not on record.",
    ),
    inputs={
        "offset": described(
            "编号",
            "number",
            {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 60},
        ),
        "from_datum": described("由", "from", _codes("from_datum")),
        "to_datum": described("至", "to", _codes("to_datum")),
        "offset_m": described(
            "差值(米):至 = 由 + 差值",
            "metres to add",
            {"type": "number", "minimum": -100, "maximum": 100},
        ),
        "uncertainty_m": described(
            "标准不确定度(米)",
            "standard uncertainty, m",
            {"type": "number", "minimum": 0, "maximum": 10},
        ),
        "area": described("适用范围(GeoJSON 面)", "where it holds: polygons in GeoJSON", GEOJSON),
        "station": described(
            "仅限此测站",
            "for this station alone",
            STATION,
            required=False,
        ),
        "source": described(
            "来源文件", "source document", {"type": "string", "minLength": 1, "maxLength": 300}
        ),
        "standing": described("核实状态", "standing", _codes("standing")),
        **ENTERED,
    },
    outputs={"outcome": described("结果", "what was done", OBJECT)},
    run=_record,
    needs=_needs,
    entire=True,
    synchronous=False,
)
