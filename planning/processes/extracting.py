"""``restriction-extract`` 管控要求查询: what restricts a parcel, a point or an area, as of any date."""

from __future__ import annotations

from collections.abc import Mapping

from planning import roles
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import FRAME, INSTANT, OBJECT, described


def _run(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.extracting_work import run

    return run(context, inputs)


def _wants(_: Inputs) -> Mapping[str, Right]:
    return {role.layer: Right.READ for role in roles.shipped().values()}


RESTRICTION_EXTRACT = Process(
    id="restriction-extract",
    version="1.0.0",
    title=Title("管控要求查询", "Restriction extract"),
    description=Title(
        "任一地块(BSM)、点或范围在任一日期受哪些管控、不受哪些管控、因缺数据而无法确定哪些;附法源条款、"
        "规划文号、椭球面积与占比、图例;PDF 含各主题地图与验证码。以验证码可取回留存的原件及其 PDF。",
        "What restricts a parcel (by BSM), a point or an area on any date, what does not, and what cannot be"
        " said for lack of data; with law, plan documents, legal areas, shares and legends. The PDF has maps"
        " and a verification code, by which the extract that was kept is given again, and its PDF.",
    ),
    inputs={
        "place": described(
            "点或多边形(GeoJSON 几何或要素)", "a point or polygon, GeoJSON",
            {"type": "object", "required": ["type"]}, required=False,
        ),
        "bsm": described("地类图斑标识码", "code of a parcel of the survey",
                         {"type": "string", "minLength": 1, "maxLength": 60}, required=False),
        "code": described("验证码:取回留存的原件", "verification code of an extract that was kept",
                          {"type": "string", "pattern": "^[A-Z2-7]{4}(-[A-Z2-7]{4}){4}$"}, required=False),
        "crs": described("坐标系", "frame of the coordinates", FRAME, required=False),
        "datetime": described("时点", "as of this instant, now where not said", INSTANT, required=False),
        "asof": described("登记时间", "what was known at an instant", INSTANT, required=False),
        "pdf": described("另出 PDF", "make the PDF, too", {"type": "boolean"}, required=False),
    },
    outputs={
        "result": described("查询结果", "the extract", OBJECT),
        "pdf": described("查询证明 PDF", "the extract as PDF",
                         {"type": "string", "contentEncoding": "base64"}, required=False),
    },
    run=_run,
    wants=_wants,
)  # fmt: skip
