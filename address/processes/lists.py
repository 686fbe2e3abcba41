"""``match-batch``, ``geocode-batch``, ``dedupe``: a department's list in, the list with results out.

The list comes within the request; every row comes back, its own columns as they
came, in the order in which they came. The job begins anew where its worker died:
nothing is written before its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, described

CONTENT_MAX: Final = 8_000_000
"""Characters of a list within a request, in base64: 6 MB of file."""
PREVIEW_MOST: Final = 1000
READ: Final = ("components", "addresses", "address-aliases", "named-roads")
"""Layers that the engine reads (``address.store.ENGINE_LAYERS``)."""
FORMATS: Final = ("csv", "xlsx", "parquet")
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200}


def _matched(context: Context, inputs: Inputs, *, placed: bool) -> Outputs:
    from address.processes.list_work import matched

    return matched(context, inputs, placed=placed)


def _deduped(context: Context, inputs: Inputs) -> Outputs:
    from address.processes.list_work import deduped

    return deduped(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys(READ, Right.READ)


def _inputs(**more: Described) -> Mapping[str, Described]:
    return {
        "file": described(
            "名单(CSV、XLSX、Parquet)",
            "the list",
            {
                "type": "object",
                "required": ["name", "content"],
                "properties": {
                    "name": {"type": "string", "pattern": r"^[^/\\\x00]{1,120}$"},
                    "content": {"type": "string", "contentEncoding": "base64", "maxLength": CONTENT_MAX},
                },
                "additionalProperties": False,
            },
        ),
        "columns": described(
            "地址列(可多列相接);不给则自动识别",
            "columns of the address, joined; found where none are given",
            {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 20},
            required=False,
        ),
        "format": described(
            "成果格式", "format of the result", {"type": "string", "enum": list(FORMATS)}, required=False
        ),
        "encoding": described("编码", "text encoding of the list", _TEXT, required=False),
        "sheet": described("工作表", "sheet of a workbook", _TEXT, required=False),
        **more,
    }


_PREVIEW = described(
    "预览前几行,并在报告中列出",
    "match the first rows only and show them in the report",
    {"type": "integer", "minimum": 1, "maximum": PREVIEW_MOST},
    required=False,
)
_REVIEW = described(
    "待审行留作复核(/v1/matches)",
    "keep what is to be reviewed for deciding it (/v1/matches)",
    {"type": "boolean"},
    required=False,
)
_KEY = described(
    "名单自己的主键列", "the list's own key, looked at for repeated values", _TEXT, required=False
)
_OUTPUTS: Final = {
    "list": described(
        "成果名单", "the list with its results", {"type": "string", "contentEncoding": "base64"}
    ),
    "report": described("匹配报告", "what became of it", OBJECT),
}

MATCH_BATCH = Process(
    id="match-batch",
    version="1.0.0",
    title=Title("名单匹配", "Match a list"),
    description=Title(
        "名单逐行对应登记簿的标准地址:自动、待审、失败三类,附层级、置信度和待审原因;原有各列不变。",
        "Each row of a list and the address of the register that it means: automatic, to review or failed,"
        " with level, confidence and what stands against it; the list's own columns stay.",
    ),
    inputs=_inputs(key=_KEY, preview=_PREVIEW, review=_REVIEW),
    outputs=_OUTPUTS,
    run=partial(_matched, placed=False),
    needs=_needs,
    synchronous=False,
)
GEOCODE_BATCH = Process(
    id="geocode-batch",
    version="1.0.0",
    title=Title("名单定位", "Geocode a list"),
    description=Title(
        "同名单匹配,并给出 CGCS2000 经纬度、定位层级和精度。",
        "As match-batch, with longitude and latitude in CGCS2000, how deep the point is and its accuracy.",
    ),
    inputs=_inputs(key=_KEY, preview=_PREVIEW, review=_REVIEW),
    outputs=_OUTPUTS,
    run=partial(_matched, placed=True),
    needs=_needs,
    synchronous=False,
)
DEDUPE = Process(
    id="dedupe",
    version="1.0.0",
    title=Title("名单去重", "Find duplicates in a list"),
    description=Title(
        "把指同一地址的行归为一组,首行为代表;不能自动确认的,只归并文字相同者。",
        "Groups rows that mean the same address, the first standing for them; rows that are not sure are"
        " grouped where their words are the same.",
    ),
    inputs=_inputs(),
    outputs=_OUTPUTS,
    run=_deduped,
    needs=_needs,
    synchronous=False,
)
