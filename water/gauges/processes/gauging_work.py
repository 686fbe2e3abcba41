"""What the processes of monitoring do; imported when they run."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from spatial.database import Connection, connect
from spatial.datum import parse_instant
from spatial.history.model import Changeset
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of
from water.gauges import binding, discharge, sl323, sl323_exchange, stations
from water.gauges.fall import Fall
from water.gauges.gate_table import GateTable, Head, Setting
from water.gauges.rating import Loop, Rating, Segment, Shift
from water.gauges.station import Mark, Threshold
from water.moment import Moment
from water.works.datum import VerticalDatum

FAULTS_TOLD = 1000
Told = dict[str, Any]


def bind(context: Context, inputs: Inputs) -> Outputs:
    """Register a station."""

    def work(connection: Connection) -> Told:
        station = stations.station(connection, inputs["station"], Moment(context.now))
        return {"thing": station.thing, "datastreams": binding.bind(connection, station)}

    return _done(context, work)


def rate(context: Context, inputs: Inputs) -> Outputs:
    """Enter a curve."""
    intent = intent_of(context, inputs)
    shift, celerity, slope = (inputs.get(each) for each in ("shift_m", "loop_celerity_m_s", "loop_slope"))
    if (celerity is None) != (slope is None):
        raise bad("/inputs/loop_slope", "波速与比降须一同给出", "comes with loop_celerity_m_s", slope)
    curve = Rating(
        inputs["version"],
        VerticalDatum(inputs["vertical_datum"]),
        tuple(Segment(**each) for each in inputs["segments"]),
        *(intent.valid_from, None, inputs["uncertainty"], inputs["source"]),
        () if not shift else (Shift(shift, intent.valid_from, None, inputs.get("shift_basis", "")),),
        None if celerity is None or slope is None else Loop(celerity, slope),
        None if "fall" not in inputs else Fall(**inputs["fall"]),
    )
    return _done(
        context,
        lambda c: _changed(stations.rate(c, inputs["station"], curve, inputs["standing"], intent)),
    )


def tabulate(context: Context, inputs: Inputs) -> Outputs:
    """Enter a table of a gate or of pumps."""
    intent = intent_of(context, inputs)
    table = GateTable(
        version=inputs["version"],
        setting=Setting(inputs["setting"]),
        head=Head(inputs["head"]),
        settings=tuple(inputs["settings"]),
        heads_m=tuple(inputs["heads_m"]),
        flows_m3_s=tuple(map(tuple, inputs["flows_m3_s"])),
        valid_from=intent.valid_from,
        valid_to=None,
        uncertainty=inputs["uncertainty"],
        document=inputs["source"],
        sill_m=inputs.get("sill_m"),
    )
    return _done(
        context,
        lambda c: _changed(stations.tabulate(c, inputs["station"], table, inputs["standing"], intent)),
    )


def mark(context: Context, inputs: Inputs) -> Outputs:
    """Enter a threshold."""
    intent = intent_of(context, inputs)
    threshold = Threshold(
        Mark(inputs["kind"]),
        *(inputs["quantity"], inputs["value"], VerticalDatum(inputs["vertical_datum"])),
        *(inputs["source"], inputs["standing"]),
    )
    return _done(context, lambda c: _changed(stations.mark(c, inputs["station"], threshold, intent)))


def derive(context: Context, inputs: Inputs) -> Outputs:
    """Derive the discharge of a time."""
    start, end = parse_instant(inputs["start"]), parse_instant(inputs["end"])
    if end <= start:
        raise bad("/inputs/end", "须晚于 start", "lies after start", inputs["end"])

    def work(connection: Connection) -> Told:
        station = stations.station(connection, inputs["station"], Moment(context.now))
        done = discharge.derive(connection, station, start, end)
        return {
            "values": done.values,
            "missing": done.missing,
            "inserted": done.inserted,
            "corrected": done.corrected,
            "ratings": list(done.ratings),
        }

    return _done(context, work)


def load(context: Context, inputs: Inputs) -> Outputs:
    """Take a table."""
    try:
        data = base64.b64decode(inputs["content"], validate=True)
    except (binascii.Error, ValueError) as failure:
        raise bad("/inputs/content", "不是 base64", "is no base64", str(failure)) from None
    table, intent = sl323.table(inputs["table"]), intent_of(context, inputs)

    def work(connection: Connection) -> Told:
        if table.id == sl323_exchange.ATTRIBUTES:
            done = sl323_exchange.stations_in(connection, data, intent)
        else:
            datum = None if "vertical_datum" not in inputs else VerticalDatum(inputs["vertical_datum"])
            done = sl323_exchange.values_in(connection, table, data, Moment(context.now), datum)
        return {
            "inserted": done.inserted,
            "corrected": done.corrected,
            "repeated": done.repeated,
            "refused": len(done.faults),
            "faults": [each.to_json() for each in done.faults[:FAULTS_TOLD]],
            "changeset": None if done.changeset is None else done.changeset.id,
            "verified": table.verified,
        }

    return _done(context, work)


def _changed(changeset: Changeset | None) -> Told:
    return {"changeset": None if changeset is None else changeset.id}


def _done(context: Context, work: Callable[[Connection], Told]) -> Outputs:
    with connect(context.dsn) as connection, connection.transaction():
        outputs: Outputs = {"outcome": Document(work(connection))}
        context.finish(connection, outputs)
    return outputs
