"""A plan for the sample rivers 样例预案 合成数据: its form is meant, none of its figures is anybody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import STAMP
from spatial.database import connect
from spatial.datum import BEIJING
from water.plans import layers, plans, store
from water.plans.model import State
from water.plans.plans import By

PLAN: Final = "SYN-MI-FLOOD"
AUTHOR, APPROVER, DEPARTMENT = "onemap sample", "onemap sample approver", "合成数据"
_REASON: Final = "载入样例预案:合成数据"
Progress = Callable[[str], None]
Content = dict[str, Any]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Publish the layer and keep the sample plan, in force; how many plans are new. One transaction.

    Where the layer was withdrawn, or any plan is there, nothing is written.
    """
    tell = progress or (lambda _: None)
    with connect(dsn) as connection, connection.transaction():
        withdrawn = {layer.contract.id for layer in catalogue.layers(connection, withdrawn=True)}
        if layers.PLANS in withdrawn:
            return 0
        layers.publish(connection)
        if store.plans(connection):
            return 0
        now = datetime.now(BEIJING)
        drafted, approved = By(AUTHOR, DEPARTMENT, now), By(APPROVER, DEPARTMENT, now)
        plans.draft(connection, PLAN, content(), _REASON, drafted)
        for to in (State.APPROVED, State.IN_FORCE):
            plans.advance(connection, PLAN, 1, to, _REASON, approved)
        tell("写入 1 个样例预案(合成数据) 1 sample response plan (synthetic)")
        return 1


def content() -> Content:
    """What the sample plan says."""
    return {
        "title": {
            "zh": "弥河洪水避险转移预案(合成数据)",
            "en": "Evacuation plan for floods of the Mi (synthetic)",
        },
        "scope": "样例河网 SYN-ROUTE-MI 两岸",
        "basis": "合成数据:只示范格式,数值与岗位均非真实",
        "data_nature": STAMP,
        "triggers": [
            {
                "id": "T1",
                "title": {"zh": "橙色及以上洪水预警", "en": "flood warning of orange or graver"},
                "all": [{"kind": "warning", "level": "orange"}],
            },
            {
                "id": "T2",
                "title": {"zh": "预报水位达保证水位", "en": "forecast stage reaches the guaranteed stage"},
                "all": [
                    {
                        "kind": "forecast", "station": "SYN-STATION-MI-1", "threshold": "guarantee",
                        "probability": 0.5, "within_h": 24,
                    }
                ],
            },
            {
                "id": "T3",
                "title": {"zh": "指挥机构命令", "en": "by order of the command"},
                "all": [{"kind": "order"}],
            },
        ],
        "posts": [
            {"id": "P1", "title": {"zh": "总指挥", "en": "commander"}, "department": "防汛指挥机构(合成)"},
            {"id": "P2", "title": {"zh": "转移组", "en": "evacuation"}, "department": "属地镇街(合成)"},
            {"id": "P3", "title": {"zh": "交通组", "en": "traffic"}, "department": "公安交警(合成)"},
        ],
        "actions": [
            {
                "id": "A1", "title": {"zh": "会商并下达转移命令", "en": "confer, order"}, "post": "P1",
                "due_min": 30,
            },
            {
                "id": "A2", "title": {"zh": "开放避难场所", "en": "open the shelters"}, "post": "P2",
                "due_min": 60,
            },
            {
                "id": "A3", "title": {"zh": "封闭低洼路段", "en": "close low roads"}, "post": "P3",
                "due_min": 60,
            },
            {
                "id": "A4", "title": {"zh": "逐户核实转移", "en": "check house by house"}, "post": "P2",
                "due_min": 180,
            },
        ],
        "messages": [
            {
                "id": "M1", "from": "P1", "to": "各镇街", "channel": "phone", "due_min": 30,
                "text": {"zh": "启动避险转移,请按预案组织群众转移。", "en": "Evacuate as the plan says."},
            },
            {
                "id": "M2", "from": "P2", "to": "受影响各村", "channel": "broadcast", "due_min": 45,
                "text": {
                    "zh": "洪水将至,请立即前往指定避难场所,不要涉水行车。",
                    "en": "A flood is coming. Go to your shelter now; do not drive through water.",
                },
            },
            {
                "id": "M3", "from": "P3", "to": "过往车辆", "channel": "app", "due_min": 60,
                "text": {"zh": "沿河低洼路段已封闭,请绕行。", "en": "Low roads along the river are closed."},
            },
        ],
    }  # fmt: skip


def synthetic(items: int, units: int, turn: int) -> Content:
    """A large plan for measuring: another ``turn`` changes, adds and removes a part of everything."""
    made = content()
    for section in ("actions", "messages"):
        pattern = made[section][0]
        made[section] = [
            {
                **pattern,
                "id": f"{section[0].upper()}{number}",
                "due_min": number % 90 + turn * (number % 7 == 0),
            }
            for number in range(turn * 10, items + turn * 10)
        ]
    assignments = [
        {
            "unit": f"U{number}", "name": f"村{number}", "people": 100 + number % 50,
            "shelter": f"S{(number + turn * (number % 3 == 0)) % 60}", "shelter_name": None,
        }
        for number in range(units)
    ]  # fmt: skip
    return {**made, "evacuation": {"assignments": assignments}}
