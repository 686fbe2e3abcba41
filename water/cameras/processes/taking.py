"""``camera-record``, and by schedule ``camera-snapshot`` and ``camera-archive``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.catalogue.contract import FieldType, Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process, Schema
from spatial.jobs.processes.parts import OBJECT, POSITION, SIGNED, described
from water.cameras.layers import CAMERAS, VIEWS, contract
from water.layers import NETWORK

_OUT: Final = {"outcome": described("结果", "what was done", OBJECT)}
_ENTERED: Final = {name: each for name, each in SIGNED.items() if name != "document"}
_REQUIRED: Final = (
    "camera_id",
    "name",
    "kind",
    "azimuth_deg",
    "view_deg",
    "reach_m",
    "status",
    "data_nature",
)
_OTHERS: Final = ("tilt_deg", "mount_m", "source", "every_s", "built_on", "in_service_on", "maintainer")


def _work(name: str) -> Callable[[Context, Inputs], Outputs]:
    def run(context: Context, inputs: Inputs) -> Outputs:
        from water.cameras.processes import taking_work

        found: Callable[[Context, Inputs], Outputs] = getattr(taking_work, name)
        return found(context, inputs)

    return run


def _records(_: Inputs) -> Mapping[str, Right]:
    return {CAMERAS: Right.EDIT, VIEWS: Right.EDIT, **dict.fromkeys(NETWORK, Right.READ)}


def _field(name: str, *, required: bool) -> Described:
    """A field of the layer as an input."""
    field = contract(CAMERAS).field(name)
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": field.max_length or 100}
    if field.type in (FieldType.NUMBER, FieldType.INTEGER):
        schema = {"type": "integer" if field.type is FieldType.INTEGER else "number"}
        bounds = {"minimum": field.minimum, "maximum": field.maximum}
        schema |= {key: bound for key, bound in bounds.items() if bound is not None}
    elif field.codes:
        schema = {"type": "string", "enum": [code for code, _ in field.codes]}
    elif field.pattern:
        schema["pattern"] = f"^(?:{field.pattern})$"
    return described(field.title.zh, field.title.en, schema, required=required)


_ONE: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 40}

CAMERAS_OFFERED: Final = (
    Process(
        id="camera-record",
        version="1.0.0",
        title=Title("河道视频点登记", "Record a river camera"),
        description=Title(
            "登记沿河视频点的位置与姿态;可视扇面、所在河道、桩号与岸别由平台推算,一并写入。",
            "Enter a camera by its place and pose; the wedge that it sees, and the river, chainage and bank"
            " where it stands are reckoned and written with it.",
        ),
        inputs={
            "position": described("位置(CGCS2000 经纬度)", "longitude and latitude, CGCS2000", POSITION),
            **{name: _field(name, required=True) for name in _REQUIRED},
            **{name: _field(name, required=False) for name in _OTHERS},
            **_ENTERED,
        },
        outputs=_OUT,
        run=_work("record"),
        needs=_records,
        entire=True,
        synchronous=False,
    ),
    Process(
        id="camera-snapshot",
        version="1.0.0",
        title=Title("河道抓拍", "Take snapshots"),
        description=Title(
            "对在用且登记了来源的视频点,各取此刻应有的一张画面,核验、取摘要并留存;"
            "取不到的记为有类型的缺图。由本机操作员以计划任务运行。",
            "Of every camera in service with a declared source the picture that is due: verified, digested"
            " and kept; one that does not come is a typed gap. Run by the operator's schedules.",
        ),
        inputs={"camera": described("只取此视频点", "this camera alone", _ONE, required=False)},
        outputs=_OUT,
        run=_work("snapshot"),
        synchronous=False,
    ),
    Process(
        id="camera-archive",
        version="1.0.0",
        title=Title("河道抓拍归档", "Archive the snapshots"),
        description=Title(
            "将已过去的各日抓拍按视频点逐日入藏,每日一个版本,附当日清单与缺图。由本机操作员以计划任务运行。",
            "Days that are over enter the archive, a version a day of each camera, with the list of what came"
            " and what did not. Run by the operator's schedules.",
        ),
        inputs={},
        outputs=_OUT,
        run=_work("archive"),
        synchronous=False,
    ),
)
"""Every process of the cameras."""
