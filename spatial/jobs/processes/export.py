"""``export`` 导出: a layer or part of it as a file."""

from __future__ import annotations

from spatial.catalogue.contract import Title
from spatial.exchange.export import FORMATS, ExportOptions, export
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES, instants
from spatial.jobs.processes.parts import BOX, FRAME, LAYER, OBJECT, described, reads, tells

_MEDIA_TYPES = {
    "geojson": "application/geo+json",
    "geopackage": "application/geopackage+sqlite3",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def run(context: Context, inputs: Inputs) -> Outputs:
    """Write what the asker may see; ``now`` is the instant the job was handed in."""
    layer_id, kind = inputs["layer"], inputs["format"]
    path = context.work / f"{layer_id}{FORMATS[kind][0]}"
    box = inputs.get("bbox")
    if box is not None and not (box[0] <= box[2] and box[1] <= box[3]):
        raise bad("/inputs/bbox", "须为西、南、东、北", "must be west, south, east, north", box)
    at, asof = instants(context, inputs)
    options = ExportOptions(
        crs=inputs.get("crs", "EPSG:4490"),
        at=at,
        asof=asof,
        format=kind,
        fields=context.grant(layer_id).fields,
        box_4490=tuple(box) if box is not None else None,
    )
    context.step(5, "写出文件", "writing the file")
    report = export(context.dsn, layer_id, path, options)
    return {
        "file": Filed(path, _MEDIA_TYPES.get(kind, "application/zip"), path.name),
        "report": Document(report.to_json()),
    }


EXPORT = Process(
    id="export",
    version="1.0.0",
    title=Title("导出图层", "Export a layer"),
    description=Title(
        "将图层或其中一个范围写成文件,可取任一坐标系、有效时间与登记时间;只含申请者可见的公开字段。",
        "Writes a layer, or what meets a box, to a file in any frame and at any instant; with the public"
        " fields that the asker may see.",
    ),
    inputs={
        "layer": described("图层", "layer", LAYER),
        "format": described("格式", "format", {"type": "string", "enum": sorted(FORMATS)}),
        "crs": described("坐标系", "frame to write", FRAME, required=False),
        "bbox": described("范围:西、南、东、北", "box: west, south, east, north", BOX, required=False),
        **TIMES,
    },
    outputs={
        "file": described("文件", "the file", {"type": "string", "contentEncoding": "base64"}),
        "report": described("导出报告", "what was written", OBJECT),
    },
    run=run,
    needs=reads("layer"),
    releases=True,
    rests_on=tells("report", layer=("changeset",)),
    synchronous=False,
)
