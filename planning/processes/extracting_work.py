"""What ``restriction-extract`` does; imported when it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import shapely
from shapely.errors import GEOSException

from planning.compliance.compliance import one_state
from planning.compliance.project import read
from planning.compliance.standing import Standing, held, near, standing
from planning.errors import BadProject, ExtractMoved, UnknownExtract
from planning.extract import restrictions, store
from planning.extract.restrictions import Extract, Subject
from planning.extract.sheet import report
from planning.model import Asked, State
from planning.report import pdf
from planning.rules import shipped
from spatial.catalogue.city import read_city
from spatial.database import Connection
from spatial.datum import BEIJING, STANDARD, frame, parse_instant
from spatial.datum.plane import Plane
from spatial.datum.transform import move
from spatial.errors import IntegrityBroken, shorten
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import registry_for

SURVEY = "land-use-survey"


def run(context: Context, inputs: Inputs) -> Outputs:
    """Make an extract and keep it, or give one again by its code."""
    ways = [name for name in ("place", "bsm", "code") if name in inputs]
    if len(ways) != 1:
        raise bad(
            "/inputs",
            "须给出 place、bsm、code 之一",
            "must have one of place, bsm, code",
            ", ".join(ways) or "无",
        )
    with context.session() as connection, one_state(connection):
        kept = again(connection, inputs["code"]) if "code" in inputs else None
        if kept is not None and not inputs.get("pdf"):
            return {"result": Document(kept)}
        made = _made(connection, context, inputs) if kept is None else _remade(connection, context, kept)
        if context.owner.known:
            store.keep(connection, made.code, made.sha256, made.text, context.owner.department)
    outputs: Outputs = {"result": Document(orjson.loads(made.text))}
    if inputs.get("pdf"):
        path = context.work / "extract.pdf"
        with path.open("wb") as file:
            pdf.write(report(made), file)
        outputs = {**outputs, "pdf": Filed(path, "application/pdf", f"管控要求查询-{made.code}.pdf")}
    return outputs


def again(connection: Connection, code: str) -> dict[str, Any]:
    """An extract that was kept, held against its digest; UnknownExtract, IntegrityBroken."""
    row = store.kept(connection, code)
    if row is None:
        raise UnknownExtract(
            f"没有这个验证码的查询证明,请核对:{code}",
            f"no extract of that code, check it: {code}",
            value=code,
        )
    document: dict[str, Any] = orjson.loads(row[1])
    said = {name: value for name, value in document.items() if name != "verification_code"}
    digest = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
    if digest != row[0] or restrictions.code_of(digest) != code:
        raise IntegrityBroken(
            f"查询证明与摘要不符:{code}", f"the extract does not match its digest: {code}", value=code
        )
    return document


def _made(connection: Connection, context: Context, inputs: Inputs) -> Extract:
    at = parse_instant(inputs["datetime"]) if "datetime" in inputs else context.now
    asked = Asked(at, parse_instant(inputs["asof"]) if "asof" in inputs else None)
    layers = [role.layer for role in restrictions.themes()]
    on = standing(connection, [SURVEY, *layers], asked)
    return _extracted(connection, context, _subject(connection, context, inputs, on), on)


def _remade(connection: Connection, context: Context, kept: Mapping[str, Any]) -> Extract:
    """An extract that was kept, made again from the states it names, for its document to be printed.

    ExtractMoved where it comes out otherwise: rules have changed since, or the asker sees other layers.
    """
    asked = Asked(parse_instant(kept["datetime"]), parse_instant(kept["asof"]) if kept["asof"] else None)
    pinned = {
        name: State(name, told["changeset"], told["chain_sha256"]) for name, told in kept["states"].items()
    }
    on = standing(connection, [], asked, pinned)
    told = kept["subject"]
    subject = (
        _parcel(connection, told["bsm"], on)
        if "bsm" in told
        else Subject(shapely.from_geojson(orjson.dumps(told["geometry"])))
    )
    made = _extracted(connection, context, subject, on)
    code = kept["verification_code"]
    if made.code != code:
        raise ExtractMoved(
            f"此查询证明已不能按原样重出(规则已变,或您可见的图层不同),请重新查询:{code}",
            "this extract cannot be made again as it was, because rules have changed or you see other"
            f" layers; ask anew: {code}",
            value=code,
        )
    return made


def _extracted(connection: Connection, context: Context, subject: Subject, on: Standing) -> Extract:
    plane = Plane(frame(f"EPSG:{read_city(context.city).epsg_without_prefix}"))
    wanted = restrictions.wanted(on)
    grounds, sources = near(connection, on, wanted, [shapely.to_wkb(subject.shape)], plane)
    return restrictions.extract(
        subject, grounds, on, plane, held=held(connection, on, wanted), sources=sources,
        rules=shipped().rules, day=_day(on.asked.at),
        shown=None if context.owner.local else frozenset(context.owner.layers),
    )  # fmt: skip


def _subject(connection: Connection, context: Context, inputs: Inputs, on: Standing) -> Subject:
    if "bsm" in inputs:
        return _parcel(connection, inputs["bsm"], on)
    given: Mapping[str, Any] = inputs["place"]
    shape = given.get("geometry") if given.get("type") == "Feature" else given
    if isinstance(shape, Mapping) and shape.get("type") == "Point":
        return Subject(_point(context, inputs, shape))
    registry = registry_for(context) if "crs" in inputs else STANDARD
    source = registry.frame(inputs.get("crs", "EPSG:4490"))
    site = read({"geometry": shape, "properties": {}}, "/inputs/place", source, registry)
    return Subject(shapely.from_wkb(site.wkb))


def _parcel(connection: Connection, bsm: str, on: Standing) -> Subject:
    state = on.states.get(SURVEY)
    found = None
    if state is not None:
        found = store.parcel(connection, on.tables[SURVEY], bsm, state, on.asked.at, now=on.now)
    if found is None:
        raise bad("/inputs/bsm", "该时点没有这个图斑", "is no parcel at that instant", bsm)
    fid, dlbm, dlmc, village, wkb = found
    return Subject(shapely.from_wkb(wkb), {"bsm": fid, "dlbm": dlbm, "dlmc": dlmc, "zldwmc": village})


def _point(context: Context, inputs: Inputs, given: Mapping[str, Any]) -> Any:
    try:
        point = shapely.force_2d(shapely.geometry.shape(given))
        x, y = float(point.x), float(point.y)
    except (GEOSException, ValueError, TypeError, AttributeError, IndexError) as failure:
        shown = shorten(given)
        raise BadProject(
            f"点的坐标写法有误,请给出 [经度, 纬度]:{shown}",
            f"a point that cannot be read, give [longitude, latitude]: {shown}",
            value=shown,
        ) from failure
    registry = registry_for(context) if "crs" in inputs else STANDARD
    source = registry.frame(inputs.get("crs", "EPSG:4490"))
    there = move(x, y, source, frame("EPSG:4490"), registry=registry)
    return shapely.Point(round(float(there.x), 9), round(float(there.y), 9))


def _day(at: datetime) -> Any:
    return at.astimezone(BEIJING).date()
