"""An edge of the lattice 词图的边: one way to read a part of a text, as a row of integers with its cost."""

from __future__ import annotations

from address.parse.compiled import inner, machine
from address.parse.words import Kind

START, END, KIND, ELEMENT, SENSE, NUMBER, SUB, LETTER, FLAGS = range(9)
EDGE_COLUMNS = 9
MOST_EDGES = 1 << 14

BARE, LETTER_AFTER, RANGE, BELOW = machine(1, 2, 4, 8)
"""Flags of numbers: without a unit, 12A, 501-503, below the ground."""
(HELD,) = machine(2048)
"""Flag of a note whose brackets hold numbers of an address: (1001室), (现12号). An item keeps it only where
the address itself has not all of them."""
(_NOTE,) = machine(Kind.NOTE)
_NONE, _NOTHING = machine(-1, 0)


@inner
def add_edge(edge, cost, count, start, end, what, element, sense, number, sub, letter, flags, price):  # type: ignore[no-untyped-def]
    """Adds an edge while there is room; the number of edges then."""
    if count < edge.shape[0]:
        edge[count, START] = start
        edge[count, END] = end
        edge[count, KIND] = what
        edge[count, ELEMENT] = element
        edge[count, SENSE] = sense
        edge[count, NUMBER] = number
        edge[count, SUB] = sub
        edge[count, LETTER] = letter
        edge[count, FLAGS] = flags
        cost[count] = price
        count += 1
    return count


@inner
def note_edge(edge, cost, count, start, end, flags, price):  # type: ignore[no-untyped-def]
    """Adds an edge over what is no address; the number of edges then."""
    return add_edge(
        edge, cost, count, start, end, _NOTE, _NOTHING, _NONE, _NONE, _NONE, _NOTHING, flags, price
    )
