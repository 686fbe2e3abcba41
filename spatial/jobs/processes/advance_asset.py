"""``advance-asset`` 资产办理: assets moved on in their life, from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.inventory.life import TITLES, State
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import LAYER, OBJECT, SIGNED, described, intent_of

MOST: Final = 10_000


def _run(context: Context, inputs: Inputs) -> Outputs:
    from spatial.inventory.advance import advance

    preview = bool(inputs.get("preview", False))
    with connect(context.dsn) as connection, connection.transaction():
        moved, changeset = advance(
            connection,
            inputs["layer"],
            inputs["assets"],
            State(inputs["to"]),
            intent_of(context, inputs),
            document_no=inputs["document"],
            preview=preview,
        )
        told = {
            "preview": preview,
            "changeset": None if changeset is None else changeset.id,
            "moved": [
                {"asset": each.asset, "before": each.before.value, "after": each.after.value}
                for each in moved
            ],
        }
        outputs: Outputs = {"outcome": Document(told)}
        if not preview:
            context.finish(connection, outputs)
    return outputs


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return {inputs["layer"]: Right.EDIT}


ADVANCE_ASSET = Process(
    id="advance-asset",
    version="1.0.0",
    title=Title("资产办理", "Advance assets"),
    description=Title(
        "资产的建成、投用、停用与重新启用:核对先后次序与日期,自生效日起写入,全部成功或全部不写;"
        "preview 只检查。",
        "Completion, start of service, retirement and return of assets: order and days are checked, and"
        " they are written from a day on, all or none; preview only checks.",
    ),
    inputs={
        "layer": described("资产图层", "layer of the assets", LAYER),
        "assets": described(
            "资产编号",
            "ids of the assets",
            {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 1, "maxLength": 60},
            },
        ),
        "to": described(
            "新状态:" + "、".join(f"{state.value} {title.zh}" for state, title in TITLES.items()),
            "the state they take",
            {"type": "string", "enum": [state.value for state in State]},
        ),
        **SIGNED,
    },
    outputs={"outcome": described("办理结果", "what was done", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)
