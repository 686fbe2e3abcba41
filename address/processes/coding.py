"""``assign-codes`` 赋码: every address of a town or the city gets its code of a scheme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from address.processes.lists import READ
from address.processes.parts import TOWN
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, SIGNED, described

WRITTEN: Final = "address-codes"


def _run(context: Context, inputs: Inputs) -> Outputs:
    from address.processes.coding_work import run

    return run(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys(READ, Right.READ) | {WRITTEN: Right.EDIT}


ASSIGN_CODES = Process(
    id="assign-codes",
    version="1.0.0",
    title=Title("地址赋码", "Give codes to addresses"),
    description=Title(
        "按城市编码方案为没有编码的地址赋码;区划变了的换新码,旧码仍可查询。"
        "顺序码永不重复使用;preview 只计数。",
        "Gives codes of a scheme to addresses that have none; one that lies in another division now gets a"
        " new one, and the old one resolves for ever. Serials are never used twice; preview only counts.",
    ),
    inputs={
        "scheme": described(
            "编码方案(如 internal)", "the scheme, such as internal", {"type": "string", "maxLength": 40}
        ),
        "town": TOWN,
        **SIGNED,
    },
    outputs={"outcome": described("赋码结果", "what was given", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)
