"""Floods that are refused: what is asked, the kind of fault, words of it, and the input it is about."""

from __future__ import annotations

from typing import Any

from flood_asked import ROUTE, breach, inflow, scenario, spot

from spatial.jobs.errors import BadExecution
from water.errors import (
    BadForcing,
    BadScenario,
    BadStructure,
    BreachOutsideDyke,
    DeadSeries,
    RunTooLong,
    UnknownRoute,
)


def gate(**more: Any) -> dict[str, Any]:
    return {
        "id": "G1",
        "at": {"point": spot(right_m=260.0)},
        "sill_m": 15,
        "width_m": 10,
        "opening_m": 1,
    } | more


DRY_SAND = {"conductivity_mm_h": 100, "suction_m": 0.05, "deficit": 0.3}
OFF = {"point": [119.5, 36.0]}
GAP = {"times_s": [0, 900, 1800], "values": [1, None, 1]}
PUMP = {"at": {"point": spot()}, "capacity_m3_s": 5, "start_m": 3, "stop_m": 1}
TWOFOLD = {"point": spot(right_m=260.0), "route": ROUTE, "chainage": "K9+000.0"}
REFUSED = [
    (
        scenario(breaches=[breach(), breach(id="B2", at={"point": spot(right_m=1200.0)})]),
        BreachOutsideDyke, "溃口 B2须在堤防上", "breaches/1/at",
    ),
    (
        scenario(rain_mm_h={"times_s": [0, 1800], "values": [5, -1]}),
        BadForcing, "降雨(mm/h)不得小于 0:-1", "rain_mm_h",
    ),
    (scenario(rain_mm_h=4000), BadScenario, "请核对单位:4000", "rain_mm_h"),
    (scenario(inflows=[inflow(-5)]), BadForcing, "入流 Q1 (m³/s)不得小于 0:-5", "inflows/0/discharge_m3_s"),
    (scenario(inflows=[inflow(4e6)]), BadScenario, "请核对单位:4000000", "inflows/0/discharge_m3_s"),
    (
        scenario(inflows=[inflow({"times_s": [0, 900, 900], "values": [1, 2, 3]})]),
        BadForcing, "Q1", "inflows/0/discharge_m3_s",
    ),
    (
        scenario(breaches=[breach(width_m=100_000)]),
        BadStructure, "溃口 B1 宽过此处的堤防", "breaches/0/width_m",
    ),
    (scenario(breaches=[breach(sill_m=900)]), BadStructure, "溃口 B1 的底高高于堤顶", "breaches/0/sill_m"),
    (
        scenario(breaches=[breach(), breach(id="B2")]),
        BadStructure, "溃口 B2 与溃口 B1 占同一段堤防", "breaches/1",
    ),
    (scenario(gates=[gate()]), BadStructure, "闸门 G1 与溃口 B1 占同一段堤防", "gates/0"),
    (scenario(breaches=None, gates=[gate(), gate(id="G2")]), BadStructure, "闸门 G2 与闸门 G1", "gates/1"),
    (scenario(gates=[gate(at=OFF)]), BreachOutsideDyke, "闸门 G1须在堤防上", "gates/0/at"),
    (
        scenario(gates=[gate(width_m=60)]),
        BadStructure, "闸门 G1 宽过一个网格(40 米),请分作几座或放大 cell_m:60", "gates/0/width_m",
    ),
    (scenario(breaches=[breach(start_s=1800)]), BadScenario, "溃口 B1 在推演结束", "breaches/0/start_s"),
    (scenario(tide_m=3), BadScenario, "潮位到不了范围的边", "tide_m"),
    (scenario(tide_m=1000), BadScenario, "潮位超过 30 m,请核对单位:1000", "tide_m"),
    (scenario(tide_m={"times_s": [0, 60], "values": [1, 1]}), DeadSeries, "潮位只到 60 秒", "tide_m"),
    (
        scenario(dykes=[{"line": [spot(), spot()], "crest_m": 30}]),
        BadScenario, "堤防 1 不在推演范围内", "dykes/0/line",
    ),
    (
        scenario(dykes=[{"line": [spot(), spot(2)], "crest_m": [30, 31, 32]}]),
        BadScenario, "每个顶点一个:3", "dykes/0/crest_m",
    ),
    (
        scenario(infiltration={"capacity_mm_h": -5}),
        BadForcing, "capacity_mm_h 不得小于 0:-5", "infiltration/capacity_mm_h",
    ),
    (
        scenario(infiltration=DRY_SAND | {"suction_m": -1}),
        BadForcing, "suction_m 不得小于 0:-1", "infiltration/suction_m",
    ),
    (
        scenario(infiltration=DRY_SAND | {"deficit": 30}),
        BadScenario, "(deficit)为 0 至 1:30", "infiltration/deficit",
    ),
    (
        scenario(pumps=[PUMP | {"start_m": 1, "stop_m": 3}]),
        BadStructure, "泵站 1 的起排水位须高于停排水位:1、3", "pumps/0/start_m",
    ),
    (scenario(pumps=[PUMP | {"to": OFF}]), BadScenario, "泵站 1不在推演范围内", "pumps/0/to"),
    (scenario(pumps=[PUMP | {"to": PUMP["at"]}]), BadStructure, "抽自何处便排到何处", "pumps/0/to"),
    (scenario(pumps=[PUMP | {"capacity_m3_s": -1}]), BadForcing, "的能力", "pumps/0/capacity_m3_s"),
    (scenario(breaches=[breach(at=TWOFOLD)]), BadScenario, "不能兼有", "breaches/0/at"),
    (
        scenario(report_s=0.25),
        BadScenario, "report_s 过短,此时长至多分 5000 次,即不小于 0.36 秒:0.25", "report_s",
    ),
    (
        scenario(watch_s=0.01),
        BadScenario, "watch_s 过短,此时长至多分 100000 次,即不小于 0.018 秒:0.01", "watch_s",
    ),
    (scenario(asof="2100-01-01"), BadExecution, "asof", "asof"),
    (
        scenario(inflows=[inflow() | {"at": {"point": spot(right_m=900.0)}}]),
        BadScenario, "水从何来", "inflows/0/at",
    ),
    (scenario(inflows=[inflow(), inflow() | {"id": "Q2", "at": OFF}]), BadScenario, "范围内", "inflows/1/at"),
    (
        scenario(inflows=[inflow({"times_s": [0, 600], "values": [100, 100]})]),
        DeadSeries, "600", "inflows/0/discharge_m3_s",
    ),
    (scenario(inflows=[inflow(GAP)]), DeadSeries, "900", "inflows/0/discharge_m3_s"),
    (
        scenario(inflows=[inflow({"times_s": [600, 1800], "values": [1, 1]})]),
        DeadSeries, "自 600 秒才有值", "inflows/0/discharge_m3_s",
    ),
    (
        scenario(inflows=[{"at": {"point": spot()}, "discharge_m3_s": GAP}]),
        DeadSeries, "入流 1 (m³/s)自 900 秒缺测", "inflows/0/discharge_m3_s",
    ),
    (
        scenario(inflows=[{"at": {"point": spot()}}]),
        BadScenario, "discharge_m3_s 与 from 之一:入流 1", "inflows/0",
    ),
    (
        scenario(rain_mm_h={"times_s": [0, 1800], "values": [1]}),
        BadScenario, "降雨(mm/h)的时刻与数值个数", "rain_mm_h",
    ),
    (
        scenario(gates=[gate(opening_m={"times_s": [0, 60], "values": [1, 1]})]),
        DeadSeries, "闸门 G1 的开度(m)只到 60 秒", "gates/0/opening_m",
    ),
    (scenario(inflows=None, breaches=None, river_depth_m=None), BadScenario, "没有水", ""),
    (scenario(cell_m=5, duration_s=2_592_000), RunTooLong, "秒", ""),
    (scenario(area=[118.5, 36.6, 119.1, 37.3], cell_m=2), BadScenario, "网格过多", "cell_m"),
    (scenario(area=[118.9, 36.9, 118.8, 37.0]), BadScenario, "范围", "area"),
    (scenario(roughness={"moon": 0.1}), BadScenario, "moon", "roughness"),
    (scenario(points=[{"id": "Q1", "at": {"point": spot()}}]), BadScenario, "Q1", "points/0/id"),
    (scenario(points=[{"id": "P1", "at": OFF}]), BadScenario, "测点 P1不在", "points/0/at"),
    (scenario(breaches=[breach(at={"route": ROUTE})]), BadScenario, "chainage", "breaches/0/at"),
    (
        scenario(breaches=[breach(at={"route": "NOWHERE", "chainage": "K1+000"})]),
        UnknownRoute, "NOWHERE", "breaches/0/at",
    ),
]  # fmt: skip
