"""``evacuation`` 避险转移: whom a flood reaches, by when they must leave, and to which shelter they go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.asking import TIMES
from spatial.jobs.processes.on_roads import ALONG, roads_of
from spatial.jobs.processes.parts import LAYER, OBJECT, described
from water.evacuation.hazard import declared
from water.evacuation.layers import ADDRESSES, LINKS, REGIONS, SHELTERS, assets_of
from water.evacuation.model import Unit
from water.flood.processes.parts import RESTS_ON

_NUMBERS: Final[Schema] = {"type": "array", "items": {"type": ["number", "null"]}, "maxItems": 250_000}
_EXTENT: Final[Schema] = {
    "type": "object",
    "required": ["zone", "west_m", "north_m", "cell_m", "rows", "columns", "depth_m", "arrival_s"],
    "additionalProperties": False,
    "properties": {
        "zone": {"type": "integer", "examples": [4549]},
        "west_m": {"type": "number"},
        "north_m": {"type": "number"},
        "cell_m": {"type": "number", "minimum": 1, "maximum": 1000},
        "rows": {"type": "integer", "minimum": 1},
        "columns": {"type": "integer", "minimum": 1},
        "depth_m": _NUMBERS,
        "arrival_s": _NUMBERS,
        "speed_m_s": _NUMBERS,
        "level_m": _NUMBERS,
    },
}
_PEOPLE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 100_000}
_MINUTES: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 14_400}
_CSV: Final[Schema] = {"type": "string", "contentMediaType": "text/csv"}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.evacuation.processes.evacuating_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    chosen = (roads_of(inputs), inputs.get("shelters", SHELTERS), *inputs.get("assets", ()))
    return dict.fromkeys((ADDRESSES, REGIONS, *chosen), Right.READ)


def _wants(inputs: Inputs) -> Mapping[str, Right]:
    some = (LINKS, *assets_of(inputs), *(RESTS_ON if "run" in inputs else ()))
    return dict.fromkeys(some, Right.READ)


def _rests_on(_: Inputs, outputs: Outputs) -> Iterable[Source]:
    told = outputs["summary"]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    yield from (
        Source(each["layer"], each["changeset"]) for each in told.value["layers"] if each["changeset"]
    )


EVACUATION = Process(
    id="evacuation",
    version="1.1.0",
    title=Title("避险转移", "Evacuation"),
    description=Title(
        "一次洪水(推演 run,或直接给出的范围 extent)影响哪些地址和资产:水多深、何时到、危险等级(限值待核);"
        "各地址的最后安全撤离时刻:道路在超过该方式限值的水到达后不再通行;"
        "在容量约束下把各村分到避难场所:先使安置人数最多,再使路上总时间最少,附最优性差距;不能安置者说明原因。"
        "人数取自 object-links(须有权读取),否则按所给假设。时刻均为自洪水开始起的秒数。",
        "Which addresses and assets a flood reaches (a kept run, or an extent that is handed in): how deep,"
        " when, of which class of danger (limits to be checked); for each address the latest safe departure,"
        " over roads that are passable until water beyond the mode's limit reaches them; villages assigned to"
        " shelters within their capacities, first as many people as can be, then the least time under way,"
        " with the optimality gap; who cannot be is told with the reason. People come from object-links where"
        " the asker may read it, else from what is assumed. Times are seconds since the flood began.",
    ),
    inputs={
        "run": described(
            "推演编号", "id of a kept run",
            {"type": "string", "minLength": 1, "maxLength": 80}, required=False,
        ),
        "extent": described(
            "淹没范围:城市投影带内的栅格,自西北角逐行给出;无水处到达时间为空",
            "a raster in the plane of the city, row by row from the north-west; null where none came",
            _EXTENT, required=False,
        ),
        "mode": described(
            "转移方式,默认 drive", "how people move, drive where not said",
            {"type": "string", "enum": list(declared().passages)}, required=False,
        ),
        "unit": described(
            "转移单元:village 村,street 村内同一路段;默认 village",
            "who goes together, village where not said",
            {"type": "string", "enum": [each.value for each in Unit]}, required=False,
        ),
        "shelters": described(
            f"避难场所图层(默认 {SHELTERS})", f"layer of shelters, {SHELTERS} where not said",
            LAYER, required=False,
        ),
        "assets": described(
            "资产图层,不给则为 " + "、".join(declared().assets), "layers of assets",
            {"type": "array", "items": LAYER, "maxItems": 20, "uniqueItems": True}, required=False,
        ),
        "notice_min": described(
            "下达转移命令的时刻(洪水开始后分钟),默认 0",
            "when the order is given, minutes, 0 where not said",
            _MINUTES, required=False,
        ),
        "preparation_min": described(
            "准备时间(分钟),默认 0", "how long people take to be ready, minutes, 0 where not said",
            _MINUTES, required=False,
        ),
        "persons_per_household": described(
            "未关联到人时每户人数", "people of a household where no person is linked", _PEOPLE, required=False
        ),
        "persons_per_address": described(
            "未关联到人和户时每个地址人数", "people of an address where nothing is linked",
            _PEOPLE, required=False,
        ),
        **ALONG,
        **TIMES,
    },
    outputs={
        "summary": described("汇总", "the summary", OBJECT),
        "addresses": described("受影响地址(CSV)", "the addresses, CSV", _CSV),
        "assets": described("受影响资产(CSV)", "the assets, CSV", _CSV),
        "map": described("受影响对象(GeoJSON)", "all of them, GeoJSON", OBJECT),
        "people": described(
            "受影响人员(CSV,仅有权者)", "people by name, CSV; only for who may see them", _CSV, required=False
        ),
    },
    run=_run,
    needs=_needs,
    wants=_wants,
    rests_on=_rests_on,
    releases=True,
    synchronous=False,
)  # fmt: skip
