"""``echo`` 回显: gives back what it was given, to try out a client against.

It has an input of every kind that an execute request can carry, each optional, and an output of the
same name for each, so that a client's values, arrays, objects, boxes, bytes, references, raw and
document answers, waiting and dismissing can all be tried without touching any data.
"""

from __future__ import annotations

import time
from typing import Final

from spatial.catalogue.contract import Title
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import described

PAUSE_MAX_S: Final = 5
_STEP_S: Final = 0.2
_KINDS: Final[dict[str, tuple[str, str, Schema]]] = {
    "text": ("文本", "a text", {"type": "string", "maxLength": 10_000}),
    "number": ("数", "a number", {"type": "number"}),
    "truth": ("真假", "true or false", {"type": "boolean"}),
    "list": (
        "整数数组",
        "an array of whole numbers",
        {"type": "array", "items": {"type": "integer"}, "maxItems": 1000},
    ),
    "either": (
        "对象或文本",
        "an object or a text",
        {"oneOf": [{"type": "object"}, {"type": "string", "maxLength": 10_000}]},
    ),
    "box": (
        "范围",
        "a bounding box",
        {
            "type": "object",
            "format": "ogc-bbox",
            "required": ["bbox"],
            "properties": {
                "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
                "crs": {"type": "string", "maxLength": 200},
            },
        },
    ),
    "bytes": (
        "字节",
        "bytes",
        {
            "type": "string",
            "contentEncoding": "base64",
            "contentMediaType": "application/octet-stream",
            "maxLength": 1_048_576,
        },
    ),
}


def run(context: Context, inputs: Inputs) -> Outputs:
    """What was given, by name; null for what was not. Waits first where it is asked to."""
    until = time.monotonic() + inputs.get("pause", 0)
    while (left := until - time.monotonic()) > 0:
        context.step(0, "等待中", "waiting")
        time.sleep(min(left, _STEP_S))
    return {name: Document(inputs.get(name)) for name in _KINDS}


def _or_null(schema: Schema) -> Schema:
    if "oneOf" in schema:
        return {**schema, "oneOf": [*schema["oneOf"], {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


ECHO = Process(
    id="echo",
    version="1.0.0",
    title=Title("回显", "Echo"),
    description=Title(
        "原样给回所给的输入,用于试验客户端:各类输入、同步与异步、取消、结果的各种形式;不读写任何数据。",
        "Gives back its inputs, to try out a client: kinds of inputs, waiting or not, dismissing, forms of"
        " results; no data is read or written.",
    ),
    inputs={
        **{name: described(zh, en, schema, required=False) for name, (zh, en, schema) in _KINDS.items()},
        "pause": described(
            "等待秒数",
            "seconds to wait first",
            {"type": "integer", "minimum": 0, "maximum": PAUSE_MAX_S},
            required=False,
        ),
    },
    outputs={name: described(zh, en, _or_null(schema)) for name, (zh, en, schema) in _KINDS.items()},
    run=run,
)
