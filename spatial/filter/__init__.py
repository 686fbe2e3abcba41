"""Filters 过滤条件: CQL2 (OGC 21-065r2) as text and JSON, and as a condition of the history's reads."""

from spatial.filter.document import parse as parse_json
from spatial.filter.functions import FUNCTIONS
from spatial.filter.geometry import LiteralFrame
from spatial.filter.queryable import Queryables, queryables
from spatial.filter.sql import condition
from spatial.filter.text import parse as parse_text

__all__ = [
    "FUNCTIONS",
    "LiteralFrame",
    "Queryables",
    "condition",
    "parse_json",
    "parse_text",
    "queryables",
]
