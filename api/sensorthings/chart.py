"""What a chart of a datastream needs 过程线: as many points as are drawn, whatever the span of time."""

from __future__ import annotations

from typing import Any

import orjson

from api.parameters import given, instant, language, moment, whole
from api.problem import BadParameter
from api.wire import Reply, Request
from spatial.datum.clock import format_instant
from spatial.history.read import Span, Statement
from spatial.observe.roll_up import Chart
from spatial.observe.things.errors import missing

PARAMETERS = ("datetime", "points", "asof", "lang")
COLUMNS = ("time", "minimum", "mean", "maximum", "count")
NUMBER_MAX = 2**31


def asked(request: Request) -> Chart:
    """``datetime`` is an interval with both ends, ``points`` how many are drawn, ``asof`` what was known."""
    parameters = given(request.query_string, PARAMETERS)
    language(request, parameters)
    span = moment("datetime", parameters.get("datetime"))
    if not isinstance(span, Span) or span.start is None or span.end is None or span.start >= span.end:
        raise BadParameter(
            "datetime",
            "须为 起/止 时间区间",
            "must be an interval start/end",
            value=parameters.get("datetime", ""),
        )
    number = whole("number", request.path_params["number"]) or 0
    if number >= NUMBER_MAX:
        raise missing(f"Datastreams({number})")
    points = whole("points", parameters.get("points")) or 2000
    return Chart(number, span.start, span.end, points, asof=instant("asof", parameters.get("asof")))


def visible(datastream: int, layers: tuple[str, ...] | None) -> Statement:
    """Whether there is such a datastream for whoever reads these layers."""
    return Statement(
        "select exists (select from observe.datastream d join observe.thing t on t.id = d.thing"
        " where d.id = %s and (%s or t.layer = any(%s::text[])))",
        (datastream, layers is None, list(layers or ())),
    )


def reply(chart: Chart, rows: list[tuple[Any, ...]]) -> Reply:
    """The buckets, and what they were read from."""
    document = {
        "datastream": chart.datastream,
        "source": chart.level,
        "step_s": chart.step.total_seconds(),
        "columns": COLUMNS,
        "buckets": [(format_instant(time), *rest) for time, *rest in rows],
    }
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache")]
    return Reply(200, headers, orjson.dumps(document))
