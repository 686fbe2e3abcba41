"""Arrays as text come back as they were."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import array_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ARRAYS = st.one_of(
    st.tuples(st.just("text"), st.lists(st.none() | TEXTS | st.sampled_from(["NULL", "{", '"', "\\", " "]))),
    st.tuples(st.just("bigint"), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))),
    st.tuples(st.just("float8"), st.lists(st.none() | st.floats())),
    st.tuples(st.just("boolean"), st.lists(st.none() | st.booleans())),
    st.tuples(st.just("bytea"), st.lists(st.none() | st.binary())),
    st.tuples(
        st.just("timestamptz"),
        st.lists(
            st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
        ),
    ),
)


def same(one: Any, other: Any) -> bool:
    nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return nan or one == other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=ARRAYS)
def test_an_array_comes_back(connection: psycopg.Connection[Any], array: tuple[str, list[Any]]) -> None:
    kind, values = array
    (found,) = connection.execute(f"select %s::{kind}[]", (array_of(values),)).fetchone() or ([],)
    assert len(found) == len(values)
    assert all(same(one, other) for one, other in zip(found, values, strict=True)), (found, values)


def test_what_is_no_element_is_refused() -> None:
    with pytest.raises(TypeError, match="dict"):
        array_of([{}])
