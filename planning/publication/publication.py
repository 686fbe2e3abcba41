"""Opening, extending, closing and withdrawing a publication 公示的发布与办理.

Every step is one transaction of the caller. Opening moves the version to 公示 where it is still being
drawn up, and pins every layer to the newest of its changesets, so that the history shows what was
published at any later time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from planning.errors import PublicationRefused
from planning.plans import plans
from planning.plans import store as plans_store
from planning.plans.life import TITLES, Status
from planning.publication import precision as precisions
from planning.publication import snapshot_store as snapshot
from planning.publication import store
from planning.publication.model import Action, Draft, Layer, Publication, Standing, require_step, unknown
from planning.publication.precision import Precision
from spatial.access import release
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import UnknownLayer, shorten
from spatial.history.model import Intent

PLAN_VERSION: Final = "plan_version"
"""The field by which a feature belongs to a version."""


def publish(connection: Connection, draft: Draft, intent: Intent, today: date) -> Publication:
    """Publish a version from the intent's day on.

    Raises UnknownPlan, UnknownLayer; PublicationRefused where the period is too short or in the past,
    a layer may not be shown so precisely, or holds nothing of the version; PlanRefused where the
    version stands past its publication.
    """
    plans_store.lock(connection)
    rules = precisions.shipped()
    opens_on = intent.valid_from.astimezone(BEIJING).date()
    _require_period(draft, opens_on, today, rules.least_days)
    version = plans.version_on(connection, draft.version_id, intent.valid_from)
    if version.status is Status.DRAFTING:
        plans.advance(connection, draft.version_id, Status.PUBLIC_NOTICE, draft.paper, intent)
    elif version.status is not Status.PUBLIC_NOTICE:
        raise PublicationRefused(
            f"只有编制或公示中的版本可以公示,此版本为“{TITLES[version.status]}”:{draft.version_id}",
            f"a version is published while it is drawn up or on notice, not {version.status}:"
            f" {draft.version_id}",
            value=draft.version_id,
        )
    if bool(draft.layers) is bool(draft.elsewhere):
        raise PublicationRefused(
            "请给出公示的图层,或注明平台之外的公示地点,二者取一",
            "name the layers that are shown, or where else it was shown, one of both",
            value=shorten(draft.elsewhere, 60),
        )
    if draft.elsewhere == "":
        _require_none_open(connection, draft.version_id, today)
    at = draft.at or intent.valid_from
    layers = [
        _pinned(connection, wanted.layer, wanted.precision, draft.version_id, at) for wanted in draft.layers
    ]
    number = store.keep(connection, draft, version.plan_id, opens_on, at, layers, intent)
    return store.get(connection, number)


def step(
    connection: Connection,
    number: int,
    action: Action,
    intent: tuple[str, str, str],
    today: date,
    closes_on: date | None = None,
) -> Publication:
    """Take a step with a publication; ``intent`` is author, department and what is said of it."""
    store.lock(connection, number)
    before = store.get(connection, number)
    until = require_step(before, action, intent[2], closes_on, today)
    if action is Action.ERASED:
        store.erase_persons(connection, number)
    store.keep_step(connection, number, len(before.steps) + 1, action, until, *intent)
    return store.get(connection, number)


def visible(connection: Connection, number: int, today: date) -> Publication:
    """A publication that everybody may look at; one that has not begun is none yet."""
    found = store.get(connection, number)
    if found.standing(today) is Standing.ANNOUNCED:
        raise unknown(number)
    return found


def unchanged(connection: Connection, publication: Publication) -> Mapping[str, bool]:
    """Whether each layer, read again from the history, is what everybody saw, to the byte."""
    found: dict[str, bool] = {}
    for layer in publication.layers:
        source = snapshot.of(connection, publication, layer)
        found[layer.layer] = snapshot.digest(connection, source).sha256 == layer.sha256
    return found


def _require_period(draft: Draft, opens_on: date, today: date, least_days: int) -> None:
    days = (draft.closes_on - opens_on).days + 1
    if days < least_days:
        raise PublicationRefused(
            f"公示期不少于 {least_days} 日(待核),{opens_on} 至 {draft.closes_on} 为:{days}",
            f"a period has at least {least_days} days (to be checked);"
            f" from {opens_on} to {draft.closes_on}: {days}",
            value=days,
        )
    if opens_on < today and not draft.elsewhere:
        raise PublicationRefused(
            f"公示不能自过去的日期起;平台之外已公示的请注明地点:{opens_on}",
            f"a publication cannot begin in the past; say where it was shown when that was elsewhere:"
            f" {opens_on}",
            value=str(opens_on),
        )


def _require_none_open(connection: Connection, version_id: str, today: date) -> None:
    for other in store.of_version(connection, version_id):
        if other.standing(today) in (Standing.ANNOUNCED, Standing.OPEN) and not other.elsewhere:
            raise PublicationRefused(
                f"此版本正在公示,请先撤回或待其期满:{other.id}",
                f"this version is on show already; withdraw that or wait until it is over: {other.id}",
                value=other.id,
            )


def _pinned(
    connection: Connection, layer_id: str, wanted: Precision | None, version_id: str, at: datetime
) -> Layer:
    held = catalogue.get(connection, layer_id)
    contract = held.contract
    names = {each.name for each in contract.fields}
    if held.withdrawn_at is not None:
        raise UnknownLayer(
            f"图层已撤下,不能公示:{layer_id}",
            f"the layer is withdrawn and cannot be shown: {layer_id}",
            value=layer_id,
        )
    if PLAN_VERSION not in names or contract.geometry is None:
        raise PublicationRefused(
            f"只公示属于规划版本、有几何的图层:{layer_id}",
            f"what is shown are layers with geometry whose features belong to a version: {layer_id}",
            value=layer_id,
        )
    ceiling = precisions.shipped().ceiling(contract, limited=layer_id in release.marked(connection))
    precision = wanted or ceiling.precision
    if precisions.coarser(precision, ceiling.precision) is not precision:
        titles = precisions.TITLES
        raise PublicationRefused(
            f"图层 {layer_id} 至多可“{titles[ceiling.precision].zh}”,不能“{titles[precision].zh}”",
            f"layer {layer_id} may be shown {ceiling.precision} at most, not {precision}",
            value=layer_id,
        )
    state = store.newest(connection, layer_id)
    if state is None:
        raise _holds_nothing(layer_id, version_id)
    changeset, asof, chain = state
    fields = tuple(each.name for each in precisions.fields(contract, precision))
    grid_m = precisions.shipped().grid_m
    source = snapshot.Source(contract, held.table, version_id, at, asof, precision, grid_m, fields)
    told = snapshot.digest(connection, source)
    if told.features == 0:
        raise _holds_nothing(layer_id, version_id)
    classes = tuple(snapshot.classes(connection, source))
    return Layer(
        layer_id, precision, grid_m, fields, changeset, asof, chain, told.features, classes, told.sha256
    )


def _holds_nothing(layer_id: str, version_id: str) -> PublicationRefused:
    return PublicationRefused(
        f"图层 {layer_id} 在该日没有此版本的要素,请核对图层或时刻:{version_id}",
        f"layer {layer_id} holds nothing of the version at that instant; check layer or instant:"
        f" {version_id}",
        value=layer_id,
    )
