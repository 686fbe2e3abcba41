"""Columns looked at by their different values 取值: a list of codes is short, a layer is long."""

from __future__ import annotations

from typing import Any

import numpy as np

from planning.review.model import Ints, Objects, Truths


def distinct(column: Objects) -> tuple[Ints, list[Any]]:
    """A number for each row and the value of each number; -1 where nothing stands.

    >>> distinct(np.array(["a", None, "b", "a"], dtype=object))
    (array([ 0, -1,  1,  0]), ['a', 'b'])
    """
    import pandas as pd

    codes, values = pd.factorize(column)
    return np.asarray(codes, np.int64), list(values)


def empty(column: Objects) -> Truths:
    """Rows in which nothing stands: None, NaN or a blank text.

    >>> empty(np.array(["a", None, " ", float("nan"), 0], dtype=object)).tolist()
    [False, True, True, True, False]
    """
    codes, values = distinct(column)
    blank = np.array([isinstance(each, str) and not each.strip() for each in values], np.bool_)
    return np.asarray(np.append(blank, True)[codes])
