"""The sample register's parser, made once for all tests of addresses."""

from __future__ import annotations

import functools

from address.parse import Parser
from address.sample import generate


@functools.cache
def sample_parser() -> Parser:
    """A parser over a small sample register."""
    return Parser(generate(2000, 1))
