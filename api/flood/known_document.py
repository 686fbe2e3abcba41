"""What was known at an instant as a document 当时所知."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from api.flood import told as runs_told
from api.rivers import forecasts, warning_document
from api.rivers.held import Document
from api.rivers.series_document import point_document
from spatial.catalogue.contract import STAMP
from water.flood.run import Run
from water.gauges.station import Station
from water.plans import wording
from water.plans.model import Activation, Version
from water.replay.known import FORECASTS_MOST, WARNINGS_MOST, Foretold, Known, Measured
from water.warning.store import Held

RUNS_MOST = 50


def observations(found: Sequence[Measured], base: str) -> list[Document]:
    """Each station with the newest value of each element; an element that said nothing is not there."""
    return [
        {
            "station": each.station.id,
            "name": each.station.name,
            "kind": each.station.kind,
            "position": [each.station.lon_deg, each.station.lat_deg],
            "vertical_datum": each.station.datum.value,
            "synthetic": each.station.synthetic,
            "values": [
                {
                    "element": one.id,
                    "title": {"zh": one.title.zh, "en": one.title.en},
                    "unit": one.unit,
                    **point_document(point),
                }
                for one, point in each.values
            ],
            "href": f"{base}/rivers/stations/{each.station.id}",
        }
        for each in found
    ]


def issued(found: Sequence[Foretold], base: str) -> list[Document]:
    """Forecasts with their courses."""
    return [{**forecasts.listed(each.row, base), **each.to_json()} for each in found[:FORECASTS_MOST]]


def standing(found: Sequence[Held], stations: dict[str, Station], known: Known, base: str) -> list[Document]:
    """Warnings with steps and chain; who was late is told as of the instant."""
    return [
        warning_document.whole(each, stations.get(each.warning.station), base, known.at)
        for each in found[:WARNINGS_MOST]
    ]


def responses(found: Sequence[tuple[Activation, Version]], known: Known) -> list[Document]:
    """Plans at work, with messages and actions as they stood."""
    return [
        {
            "title": version.content["title"],
            "data_nature": version.content.get("data_nature"),
            **wording.activation(each, version.content, known.at),
        }
        for each, version in found
    ]


def runs(found: Sequence[Run], known: Known, base: str) -> list[Document]:
    """Kept runs: those that were there at the instant, and those that tell of it; all of them."""
    kept = []
    for each in found:
        covers = each.begins_at <= known.at <= each.begins_at + timedelta(seconds=each.duration_s)
        if covers or (each.kept_at is not None and each.kept_at <= known.at):
            kept.append({**runs_told.summary(each, base), "covers": covers})
    return kept


def synthetic(document: Document) -> bool:
    """Whether any part of it is generated."""
    told = [each for name in ("observations", "forecasts", "warnings") for each in document[name] or ()]
    return (
        any(each["synthetic"] for each in told)
        or any("onemap:synthetic" in each for each in document["runs"] or ())
        or any(each["data_nature"] == STAMP for each in document["responses"] or ())
    )
