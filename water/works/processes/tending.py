"""``defect-open``, ``defect-advance``, ``river-inspection``, ``river-document``: work along a river."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.catalogue.contract import Field, FieldType, Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process, Schema
from spatial.jobs.processes.parts import OBJECT, described
from water.works.defect import State
from water.works.layers import DEFECTS, DOCUMENTS, INSPECTIONS, contract
from water.works.processes.claiming import ENTERED, FILE

_OUT: Final = {"outcome": described("办理结果", "what was done", OBJECT)}
_PLACE: Final = ("route_id", "route_version", "bank", "chainage_m", "chainage_to_m")


def _work(name: str) -> Callable[[Context, Inputs], Outputs]:
    def run(context: Context, inputs: Inputs) -> Outputs:
        from water.works.processes import tending_work

        found: Callable[[Context, Inputs], Outputs] = getattr(tending_work, name)
        return found(context, inputs)

    return run


def _edits(*layers: str) -> Callable[[Inputs], Mapping[str, Right]]:
    def needs(_: Inputs) -> Mapping[str, Right]:
        return dict.fromkeys(layers, Right.EDIT)

    return needs


def _schema(field: Field) -> Schema:
    """A field of a layer as an input."""
    if field.type is FieldType.INTEGER:
        return {"type": "integer", "minimum": 1}
    if field.type is FieldType.NUMBER:
        return {"type": "number", "minimum": field.minimum or 0}
    schema: dict[str, Any] = {"type": "string", "minLength": 1}
    if field.max_length is not None:
        schema["maxLength"] = field.max_length
    if field.codes:
        schema["enum"] = [code for code, _ in field.codes]
    if field.pattern:
        schema["pattern"] = f"^(?:{field.pattern})$"
    return schema


def _fields(layer: str, *names: str) -> dict[str, Described]:
    declared = contract(layer)
    return {
        name: described(field.title.zh, field.title.en, _schema(field), required=field.required)
        for name, field in ((name, declared.field(name)) for name in names)
    }


DEFECT_OPEN = Process(
    id="defect-open",
    version="1.0.0",
    title=Title("缺陷登记", "Enter a defect"),
    description=Title(
        "登记发现的缺陷:河流、岸别、桩号范围、类型、严重程度;生效日即发现日期。",
        "Enter a defect as it was found: river, bank, chainage, kind, severity; the day is that of finding.",
    ),
    inputs={
        **_fields(DEFECTS, "defect_id", "work", *_PLACE, "kind", "severity", "description", "found_by"),
        **ENTERED,
    },
    outputs=_OUT,
    run=_work("open_defect"),
    needs=_edits(DEFECTS),
    entire=True,
    synchronous=False,
)
DEFECT_ADVANCE = Process(
    id="defect-advance",
    version="1.0.0",
    title=Title("缺陷办理", "Advance a defect"),
    description=Title(
        "缺陷的派单、修复、复核;可改派,复核不合格退回重新派单;处理单位不能自行复核。",
        "A defect assigned, mended, checked; it may be assigned anew, also where a check finds it not mended;"
        " who mends does not check.",
    ),
    inputs={
        **_fields(DEFECTS, "defect_id"),
        "to": described(
            "新状态", "its next state", {"type": "string", "enum": [each.value for each in State]}
        ),
        "who": described(
            "处理单位或复核人", "who mends, or checks", {"type": "string", "maxLength": 100}, required=False
        ),
        **ENTERED,
    },
    outputs=_OUT,
    run=_work("advance_defect"),
    needs=_edits(DEFECTS),
    entire=True,
    synchronous=False,
)
RIVER_INSPECTION = Process(
    id="river-inspection",
    version="1.0.0",
    title=Title("巡查养护登记", "Enter an inspection"),
    description=Title(
        "登记一次巡查、养护、维修或安全监测,带桩号范围;生效日即实施日期。",
        "Enter an inspection, upkeep, repair or safety monitoring with its chainage; the day is when it was.",
    ),
    inputs={
        **_fields(INSPECTIONS, "record_id", "work", *_PLACE, "kind", "done_by", "finding", "grade"),
        **ENTERED,
    },
    outputs=_OUT,
    run=_work("inspect"),
    needs=_edits(INSPECTIONS),
    entire=True,
    synchronous=False,
)
RIVER_DOCUMENT = Process(
    id="river-document",
    version="1.0.0",
    title=Title("文档照片登记", "Enter a document or photograph"),
    description=Title(
        "原件以摘要存入平台并登记到河流桩号、工程、缺陷或巡查记录;接受 JPEG、PNG、TIFF、PDF、MP4。",
        "The file is kept by its digest and entered for a stretch, work, defect or inspection; JPEG, PNG,"
        " TIFF, PDF and MP4 are taken.",
    ),
    inputs={
        "file": described("文件(base64)", "the file in base64", FILE),
        **_fields(DOCUMENTS, "document_id", "work", "defect", "record", *_PLACE, "kind", "title"),
        **_fields(DOCUMENTS, "document_no"),
        **ENTERED,
    },
    outputs=_OUT,
    run=_work("enter_paper"),
    needs=_edits(DOCUMENTS),
    entire=True,
    synchronous=False,
)
TENDING: Final = (DEFECT_OPEN, DEFECT_ADVANCE, RIVER_INSPECTION, RIVER_DOCUMENT)
