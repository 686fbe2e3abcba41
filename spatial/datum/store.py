"""Registered operations and local frames in the database; SQL in ``schema.sql`` and here only.

The tables are closed to readers. Values travel as parameters of prepared
statements; where a server logs slow statements with their parameters
(``log_parameter_max_length``), switch that off for the role that registers.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg.types.json import Jsonb

from spatial.datum.fit import ControlPoints, Fit, Model, Residual
from spatial.datum.frames import Area, Frame, local_frame
from spatial.datum.registry import Registry
from spatial.datum.secret import Secret
from spatial.datum.transform import STANDARD
from spatial.errors import InvalidInput, OperationExists

_NAME = re.compile(r"[\w.-]{1,60}")
Connection = psycopg.Connection[Any]


def save_fit(connection: Connection, fitted: Fit) -> None:
    """Register a fit, within the caller's transaction where there is one.

    OperationExists where that name and version stand already, where the name
    means another pair of frames, or where the pair has an operation of another
    name: of two, none would be taken.
    """
    if fitted.version < 1:
        raise InvalidInput(
            f"转换的版本号从 1 起:{fitted.version}",
            f"versions of an operation count from 1: {fitted.version}",
            value=fitted.version,
        )
    with connection.transaction():
        connection.execute("lock table spatial.datum_operation in share row exclusive mode")
        _check_new(connection, fitted)
        saved = connection.execute(
            """
            insert into spatial.datum_operation
                (name, version, source, target, model, accuracy_m,
                 parameters, control_points, residuals, hull)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, st_geomfromwkb(%s))
            on conflict (name, version) do nothing
            returning version
            """,
            (
                fitted.name,
                fitted.version,
                fitted.source,
                fitted.target,
                fitted.model.value,
                fitted.accuracy_m,
                Jsonb(_parameters(fitted)),
                Jsonb(_points(fitted.points)),
                Jsonb([[each.point, each.residual_m, each.leave_one_out_m] for each in fitted.residuals]),
                shapely.to_wkb(fitted.hull.reveal()),
            ),
        ).fetchone()
    if saved is None:
        label = f"{fitted.name}@{fitted.version}"
        raise OperationExists(
            f"该转换版本已登记,请用新的版本号:{label}",
            f"this version is registered already; give a new one: {label}",
            value=label,
        )


def load_fits(connection: Connection) -> tuple[Fit, ...]:
    """Every registered fit, all versions."""
    rows = connection.execute(
        """
        select name, version, source, target, model, parameters, control_points, residuals,
               st_asbinary(hull)
        from spatial.datum_operation
        order by name, version
        """
    ).fetchall()
    return tuple(_fit(*row) for row in rows)


def save_frame(connection: Connection, local: Frame) -> None:
    """Register a local frame 独立坐标系; OperationExists where the id stands already."""
    Registry().with_frame(local)  # refuses an id of EPSG's
    area = local.area
    saved = connection.execute(
        """
        insert into spatial.datum_frame (id, title_zh, title_en, base, wkt, area)
        values (%s, %s, %s, %s, %s, st_makeenvelope(%s, %s, %s, %s))
        on conflict (id) do nothing
        returning id
        """,
        (
            local.id,
            local.title_zh,
            local.title_en,
            local.base,
            local.wkt,
            area.west_deg,
            area.south_deg,
            area.east_deg,
            area.north_deg,
        ),
    ).fetchone()
    if saved is None:
        raise OperationExists(
            f"该坐标系已登记,请另用编号:{local.id}",
            f"this frame is registered already; give another id: {local.id}",
            value=local.id,
        )


def load_frames(connection: Connection) -> tuple[Frame, ...]:
    """Every registered local frame."""
    rows = connection.execute(
        """
        select id, title_zh, title_en, base, wkt,
               st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)
        from spatial.datum_frame
        order by id
        """
    ).fetchall()
    return tuple(
        local_frame(name, title_zh, title_en, base, wkt, Area(*area))
        for name, title_zh, title_en, base, wkt, *area in rows
    )


def load_registry(connection: Connection, base: Registry = STANDARD) -> Registry:
    """The standard operations with everything the city has registered.

    A role without the right to the city's secrets gets the standard ones alone:
    what needs more is refused to it by NoOperation or UnknownFrame.
    """
    registry = base
    allowed = connection.execute(
        """
        select has_table_privilege('spatial.datum_operation', 'select')
           and has_table_privilege('spatial.datum_frame', 'select')
        """
    ).fetchone()
    if allowed != (True,):
        return registry
    for local in load_frames(connection):
        registry = registry.with_frame(local)
    for fitted in load_fits(connection):
        registry = registry.with_operation(fitted.operation())
    return registry


def _check_new(connection: Connection, fitted: Fit) -> None:
    if _NAME.fullmatch(fitted.name) is None:
        raise InvalidInput(
            f"转换名称由 1 至 60 个字母、数字、- . _ 组成:{fitted.name}",
            f"the name of an operation has 1 to 60 letters, digits, - . _: {fitted.name}",
            value=fitted.name,
        )
    standard = [(each.name, each.source, each.target) for each in STANDARD.operations]
    held = connection.execute(
        """
        select distinct name, source, target from spatial.datum_operation
        where name = %(name)s
           or (source = %(source)s and target = %(target)s)
           or (source = %(target)s and target = %(source)s)
        """,
        {"name": fitted.name, "source": fitted.source, "target": fitted.target},
    ).fetchall()
    for name, source, target in (*standard, *held):
        alike = {source, target} == {fitted.source, fitted.target}
        if name == fitted.name and not (alike and source == fitted.source):
            raise OperationExists(
                f"该名称已用于 {source} → {target},请另取名称:{name}",
                f"the name stands for {source} → {target} already; choose another: {name}",
                value=name,
            )
        if name != fitted.name and alike:
            raise OperationExists(
                f"{source} 与 {target} 之间已有转换,更新请用同一名称的新版本:{name}",
                f"{source} and {target} have an operation already; renew it as a new version of {name}",
                value=name,
            )


def _parameters(fitted: Fit) -> dict[str, object]:
    return {
        "datums": list(fitted.datums),
        "values": fitted.parameters.reveal().tolist(),
        "origin": fitted.origin.reveal().tolist(),
        "covariance": fitted.covariance.reveal().tolist(),
        "degrees_of_freedom": fitted.degrees_of_freedom,
        "sigma0_m": fitted.sigma0_m,
    }


def _points(points: ControlPoints) -> dict[str, object]:
    return {
        "names": list(points.names),
        "source": points.source.reveal().tolist(),
        "target": points.target.reveal().tolist(),
    }


def _fit(
    name: str,
    version: int,
    source: str,
    target: str,
    model: str,
    parameters: dict[str, Any],
    points: dict[str, Any],
    residuals: list[list[Any]],
    hull: bytes,
) -> Fit:
    outline = shapely.from_wkb(bytes(hull))
    shapely.prepare(outline)
    return Fit(
        name=name,
        version=version,
        source=source,
        target=target,
        model=Model(model),
        datums=(parameters["datums"][0], parameters["datums"][1]),
        parameters=Secret(np.array(parameters["values"], np.float64)),
        origin=Secret(np.array(parameters["origin"], np.float64)),
        covariance=Secret(np.array(parameters["covariance"], np.float64)),
        hull=Secret(outline),
        points=ControlPoints.of(tuple(points["names"]), points["source"], points["target"]),
        residuals=tuple(Residual(*each) for each in residuals),
        degrees_of_freedom=parameters["degrees_of_freedom"],
        sigma0_m=parameters["sigma0_m"],
    )
