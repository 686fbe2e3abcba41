"""What a review recomputes is what the indicators say: two ways through the same definitions, one value."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from review_ground import EPSG

from planning.indicators import formula
from planning.indicators.definition import shipped
from planning.indicators.evaluate import evaluate
from planning.indicators.measuring import Reading
from planning.indicators.overlay import Plane
from planning.indicators.states import whole_city
from planning.review import held
from planning.review.recomputed import recomputed
from spatial.database import Connection


def test_both_ways_give_the_same_digits(plans: Connection) -> None:
    """SQL over the history, and arrays of a delivery: for every indicator that spatial data give."""
    now = datetime.now(UTC)
    spatial = [
        each
        for each in shipped().values()
        if not list(formula.givens(each.tree)) and "roads" not in each.layers
    ]
    delivery = held.delivery(plans, held.in_service(plans), at=now, asof=now)
    found = recomputed(delivery, [each.code for each in spatial], EPSG)
    reading = Reading(plans, now, now, whole_city(), Plane.of(EPSG))
    values = {each.definition.code: each.value for each in evaluate(reading, spatial)}
    assert len(values) > 15 and sum(each is not None for each in values.values()) > 12
    for code, value in values.items():
        other = found[code].value
        if value is None:
            assert not isinstance(other, Decimal), code
        else:
            assert isinstance(other, Decimal)
            assert float(other) == pytest.approx(float(value), rel=1e-9, abs=1e-9), code
