"""``load`` 入库: a delivered file into a layer as one changeset, whole or not at all, and once.

The file comes within the request, or by an address that was fetched when the request
was handed in, or is an original that was delivered to this layer before; never a path.
The changeset and the end of its job are one transaction: a job tried again after its
worker died loads nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.database import Connection, connect
from spatial.datum import parse_instant
from spatial.errors import NotFound
from spatial.exchange import originals
from spatial.exchange import store as exchange
from spatial.exchange.load import LoadOptions, LoadReport, load
from spatial.exchange.profile import AreaUnit
from spatial.exchange.profile.model import ProfilesOf, no_profiles
from spatial.history.model import Delivery
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import FRAME, INSTANT, LAYER, OBJECT, delivered, described, who

CONTENT_MAX = 4 * ((8 << 20) + 2) // 3
"""Characters of base64, of 8 MiB: what a reference may hold. The request itself may be smaller."""
_UNSTABLE = ("seconds",)
"""What differs from run to run and says nothing of the delivery."""


def run(context: Context, inputs: Inputs, profiles: ProfilesOf = no_profiles) -> Outputs:
    """Load; a dry run tells what would change."""
    path = _file(context, inputs)
    options = _options(context, inputs, profiles)
    steps = iter(range(10, 100, 10))

    def tell(zh: str, en: str) -> None:
        context.step(next(steps, 95), zh, en)

    def closing(connection: Connection, report: LoadReport) -> None:
        context.finish(connection, _outputs(context, inputs, report))

    report = load(context.dsn, path, inputs["layer"], options, tell, closing)
    return _outputs(context, inputs, report)


def _file(context: Context, inputs: Inputs) -> Path:
    given = inputs["file"]
    folder = context.work / "delivered"
    folder.mkdir()
    if "sha256" in given:
        return _original(context, inputs["layer"], bytes.fromhex(given["sha256"]), folder)
    return delivered(given, folder)


def _original(context: Context, layer_id: str, sha256: bytes, folder: Path) -> Path:
    """A kept original, to those who may edit the layer that it was delivered to, and for that layer."""
    with connect(context.dsn) as connection:
        found = exchange.source(connection, sha256)
        if found is None or layer_id not in exchange.layers_of(connection, sha256):
            raise NotFound(
                f"没有交付给本图层的此原件:{sha256.hex()}",
                f"no such original was delivered to this layer: {sha256.hex()}",
                value=sha256.hex(),
            )
        path = folder / Path(found.name).name
        originals.fetch(connection, sha256, path)
    return path


def _options(context: Context, inputs: Inputs, profiles: ProfilesOf) -> LoadOptions:
    author, department = who(context, inputs)
    return LoadOptions(
        author=author,
        department=department,
        reason=inputs["reason"],
        delivery=Delivery(inputs["delivery"]) if "delivery" in inputs else None,
        valid_from=parse_instant(inputs["valid_from"]) if "valid_from" in inputs else None,
        source_crs=inputs.get("source_crs"),
        encoding=inputs.get("encoding"),
        source_layer=inputs.get("source_layer"),
        coordinates=tuple(inputs["coordinates"]) if "coordinates" in inputs else None,
        fields=inputs.get("fields", {}),
        profile=inputs.get("profile"),
        edition=inputs.get("edition"),
        area_unit=AreaUnit(inputs["area_unit"]) if "area_unit" in inputs else None,
        profiles=profiles(inputs["layer"]),
        dry_run=inputs.get("dry_run", False),
        allow_retire=inputs.get("allow_retire", False),
        city=context.city,
    )


def _outputs(context: Context, inputs: Inputs, report: LoadReport) -> Outputs:
    """The report, its changes with the fields that the asker may see."""
    seen = {"geom", *context.grant(inputs["layer"]).fields}
    told: dict[str, Any] = {key: value for key, value in report.to_json().items() if key not in _UNSTABLE}
    told["changes"] = [
        {**change, "fields": [one for one in change["fields"] if one["name"] in seen]}
        for change in told["changes"]
    ]
    return {"report": Document(told)}


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return {inputs["layer"]: Right.EDIT}


_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
LOAD = Process(
    id="load",
    version="1.0.0",
    title=Title("入库", "Load a file"),
    description=Title(
        "将交付的文件(随请求以 base64 或网址给出,或本图层已留存原件的摘要)载入图层,"
        "成为一个变更集;dry_run 只显示将有的变化。",
        "Loads a delivered file (base64 within the request, its address, or the digest of an original kept"
        " for this layer) into a layer as one changeset; dry_run shows what would change.",
    ),
    inputs={
        "layer": described("图层", "layer", LAYER),
        "file": described(
            "文件",
            "the file",
            {
                "type": "object",
                "oneOf": [
                    {
                        "required": ["name", "content"],
                        "properties": {
                            "name": {"type": "string", "pattern": r"^[^/\\\x00]{1,120}$"},
                            "content": {
                                "type": "string",
                                "contentEncoding": "base64",
                                "maxLength": CONTENT_MAX,
                            },
                        },
                        "additionalProperties": False,
                    },
                    {
                        "required": ["sha256"],
                        "properties": {"sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
                        "additionalProperties": False,
                    },
                ],
            },
        ),
        "reason": described("原因", "why it changes", _TEXT),
        "delivery": described(
            "全量或部分",
            "all of the layer, or part",
            {"type": "string", "enum": ["full", "partial"]},
            required=False,
        ),
        "valid_from": described("生效时间", "from when it is true", INSTANT, required=False),
        "source_crs": described("坐标系", "frame of the file", FRAME, required=False),
        "encoding": described("编码", "text encoding", _TEXT, required=False),
        "source_layer": described("源图层", "layer or sheet of the file", _TEXT, required=False),
        "coordinates": described(
            "坐标列",
            "columns of x and y",
            {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
            required=False,
        ),
        "fields": described(
            "列对应字段",
            "field of a column",
            {"type": "object", "additionalProperties": _TEXT, "maxProperties": 200},
            required=False,
        ),
        "profile": described("图层结构", "structure of the file", _TEXT, required=False),
        "edition": described("分类版本", "edition of its classes", _TEXT, required=False),
        "area_unit": described(
            "面积单位",
            "unit of its declared areas",
            {"type": "string", "enum": [unit.value for unit in AreaUnit]},
            required=False,
        ),
        "dry_run": described("试运行", "only show what would change", {"type": "boolean"}, required=False),
        "allow_retire": described("允许注销", "let it retire many", {"type": "boolean"}, required=False),
        "author": described("经办人(仅本机)", "author, on this machine only", _TEXT, required=False),
        "department": described("部门(仅本机)", "department, on this machine only", _TEXT, required=False),
    },
    outputs={"report": described("入库报告", "what became of it", OBJECT)},
    run=run,
    needs=_needs,
    entire=True,
    synchronous=False,
)


def with_profiles(profiles: ProfilesOf) -> Process:
    """The process that knows how deliveries of some layers are structured 图层结构档案."""
    return replace(LOAD, run=partial(run, profiles=profiles))
