"""What the processes of the network share: the layers they read, and how the asker reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue import store as catalogue
from spatial.catalogue.lineage import Source as Rested
from spatial.database import Connection
from spatial.errors import UnknownLayer, shorten
from spatial.history.read import Output
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.asking import instants
from water import layers
from water.network.answer import Look
from water.network.linked import NAMED, Moment, Source

ID: Final = {"type": "string", "minLength": 1, "maxLength": 200}
STATION: Final = {"type": "string", "pattern": "^[A-Za-z0-9]{1,8}$"}
"""The code of a gauging station 测站编码."""
CHAINAGE: Final = {"type": "string", "minLength": 5, "maxLength": 40, "examples": ["K12+345.6"]}
NETWORK: Final[Mapping[str, Right]] = dict.fromkeys(layers.NETWORK, Right.READ)


def network(_: Inputs) -> Mapping[str, Right]:
    """The right to read the layers of the network."""
    return NETWORK


def moment(context: Context, inputs: Inputs) -> Moment:
    """The instants that are asked about."""
    return Moment(*instants(context, inputs))


def look(context: Context, connection: Connection) -> Look:
    """Layers with the fields that the asker sees."""

    def found(name: str) -> Source:
        layer_id = next((each for each in NAMED.get(name, (name,)) if each in context.owner.layers), None)
        if layer_id is None:
            shown = shorten(name, 60)
            raise UnknownLayer(
                f"没有此图层,或您不能读取:{shown}",
                f"there is no such layer, or you may not read it: {shown}",
                value=shown,
            )
        table = catalogue.get(connection, layer_id).table
        fields = context.grant(layer_id).fields
        columns = tuple(column for column in table.columns if column.name in fields)
        return Source(layer_id, table, Output(fields=columns))

    return found


def rests_on(_: Inputs, outputs: Outputs) -> Iterable[Rested]:
    """The states that an answer itself tells."""
    told = outputs["result"]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    for state in told.value["layers"]:
        yield Rested(state["layer"], state["changeset"])
