"""Text → what it says 地址解析: a parser over one snapshot of the register, compiled.

A text is folded to one writing of each character, every part of it that can be read as a
name, a number or a word of the grammar becomes an edge of a lattice, and the cheapest way
through the lattice in the order of the hierarchy is what the text says.
"""

from address.parse.columns import ParsedColumns
from address.parse.parser import Parser, Reading
from address.parse.text import normalise

__all__ = ["ParsedColumns", "Parser", "Reading", "normalise"]
