"""The decoder 解码: the cheapest readings of a lattice, with the order of the hierarchy; compiled.

Viterbi over edges: each keeps its ``best`` cheapest ways to be reached, with what the order
of elements needs to know of the way (deepest rank, last element, stated town).
"""

# ruff: noqa: SIM109 - compiled: comparisons cost less than tuples and generators

from __future__ import annotations

import numpy as np

from address.model import Element
from address.parse.automaton import FIRST as W_FIRST
from address.parse.automaton import TOWN as W_TOWN
from address.parse.compiled import inner, machine
from address.parse.edges import BARE, ELEMENT, END, FLAGS, KIND, SENSE, START
from address.parse.gazetteer import SUCCESSOR as T_SUCCESSOR
from address.parse.gazetteer import TOWN as T_TOWN
from address.parse.words import Kind

MOST_READINGS = 16
MOST_GAINED = 0.4
"""No edge makes a way cheaper by more."""
_FIRST = np.int64(0)

_NAME, _FIXED, _NUMBER, _UNKNOWN = machine(Kind.NAME, Kind.FIXED, Kind.NUMBER, Kind.UNKNOWN)
_JUNK, _GAP, _AND, _NOTE, _DISTANCE = machine(Kind.JUNK, Kind.GAP, Kind.AND, Kind.NOTE, Kind.DISTANCE)
_CROSSING, _BESIDE, _SIDE, _RELATIVE = machine(Kind.CROSSING, Kind.BESIDE, Kind.SIDE, Kind.RELATIVE)
_GATE, _OFFICE, _LABEL, _PERSON = machine(Kind.GATE, Kind.OFFICE, Kind.LABEL, Kind.PERSON)
(_REMARK,) = machine(Kind.REMARK)
_COUNTY, _ZONE, _TOWN, _VILLAGE, _HAMLET, _GROUP = machine(
    Element.COUNTY, Element.ZONE, Element.TOWN, Element.VILLAGE, Element.HAMLET, Element.GROUP
)
_ROAD, _LANE, _ESTATE, _DOOR, _SECTION = machine(
    Element.ROAD, Element.LANE, Element.ESTATE, Element.DOOR, Element.SECTION
)
_BUILDING, _UNIT, _FLOOR, _ROOM, _OBJECT = machine(
    Element.BUILDING, Element.UNIT, Element.FLOOR, Element.ROOM, Element.OBJECT
)


@inner
def _price_of_order(rank, last, element, joined):  # type: ignore[no-untyped-def]
    """What it costs that an element comes after ``last``, the deepest so far being ``rank``."""
    if element == _OBJECT or element == _ZONE or element > rank:
        return 0.0
    if element == rank:
        if joined:
            return 0.3
        return 0.8 if element < _DOOR else 2.0
    if rank < _DOOR:
        return 0.6 if element >= _VILLAGE else 1.0 if joined else 1.3
    if element < _DOOR:
        if element == _ESTATE and last == _DOOR:
            return 0.1
        if 0 < last < element:
            # The tree begun again behind the detail goes on: 3号楼501室,寿光市圣城街道.
            return 0.3
        return 1.2 if joined else 1.6
    if (element == _UNIT and last == _ROOM) or (element == _BUILDING and (last == _UNIT or last == _ROOM)):
        # The tail the other way round: 501室2单元3号楼.
        return 1.0
    return 2.2


@inner
def _price_of_bare(rank, last, element):  # type: ignore[no-untyped-def]
    """What it costs to read a number without unit as that element, after ``last``."""
    grounds = last == _ESTATE or last == _SECTION or last == _OBJECT
    # 吉祥小区(圣城街道)11-2-903
    grounds |= rank == _ESTATE and 0 < last <= _VILLAGE
    if element == _BUILDING:
        return 0.0 if grounds else 0.3 if last == _DOOR else 0.5 if last == _VILLAGE else 2.0
    if element == _UNIT:
        return 0.0 if last == _BUILDING else 1.5
    if element == _FLOOR:
        return 0.0 if last == _UNIT or last == _BUILDING else 1.5
    if element == _ROOM:
        if last == _UNIT or last == _BUILDING or last == _FLOOR:
            return 0.0
        return 1.0 if grounds or last == _DOOR else 2.0
    if last == _ROAD or last == _LANE:
        return 0.2
    return 0.6 if last == _VILLAGE or last == _HAMLET or last == _GROUP else 2.0


@inner
def _price_of_place(rank, last, element):  # type: ignore[no-untyped-def]
    """What it costs that a numbered element stands on what it does."""
    if element == _DOOR:
        if last == _OBJECT or last == _SECTION:
            return 0.5
        return 0.0 if rank >= _VILLAGE else 0.8
    if element == _BUILDING:
        return (
            0.4
            if last == _ROAD
            else 0.2
            if last == _DOOR
            else 0.0
            if rank >= _VILLAGE or last == _OBJECT
            else 0.5
        )
    if element == _UNIT:
        return 0.0 if rank >= _BUILDING else 0.8 if last == _ESTATE or last == _OBJECT else 1.4
    if element == _FLOOR:
        return 0.0 if rank >= _DOOR else 0.4 if last == _OBJECT else 0.8
    if element == _ROOM:
        if rank > _DOOR:
            return 0.0
        return 0.5 if rank == _DOOR else 0.8 if last == _ESTATE or last == _OBJECT else 1.6
    if element == _GROUP:
        return 0.0 if last == _VILLAGE or last == _HAMLET else 0.8
    if element == _SECTION:
        if last == _ESTATE or last == _OBJECT or last == _SECTION:
            return 0.0
        return 0.5
    return 0.0 if element == _OBJECT or last == _ROAD or last == _VILLAGE else 1.0


@inner
def _price_of_town(senses, candidates, tree, sense, element, town):  # type: ignore[no-untyped-def]
    """What it costs, or gains, that a name lies in the stated town or outside."""
    its_town = senses[sense, W_TOWN]
    if its_town == -1 or element <= _TOWN:
        return 0.0
    if its_town == -2:
        first = senses[sense, W_FIRST]
        for c in range(first, min(first + 64, senses[sense + 1, W_FIRST])):
            if tree[candidates[c], T_TOWN] == town:
                its_town = town
                break
    if its_town == town:
        return -MOST_GAINED
    return 1.5 if element != _ROAD and element != _OBJECT else 0.3


@inner
def _price_of_step(kind, element, bare, rank, last, word, parted):  # type: ignore[no-untyped-def]
    """What an edge adds to a way beyond its own cost, but for the town in which a name lies."""
    joined = word == _AND or word == _GAP or parted
    if kind == _JUNK:
        return 0.0 if word == _JUNK and not parted else 0.8
    if kind == _NAME or kind == _UNKNOWN:
        price = _price_of_order(rank, last, element, joined)
        if kind == _NAME:
            return price
        if element <= _COUNTY:
            # Units beyond the city stand in front, or they are none.
            price += 0.0 if rank < element and last <= _COUNTY else 3.0
        elif element == _TOWN and last != _COUNTY and rank > 0:
            price += 0.8
        elif element == _OBJECT and word == _UNKNOWN and last == _OBJECT:
            price += 0.5
        return price
    if kind == _NUMBER or kind == _FIXED:
        price = _price_of_order(rank, last, element, joined)
        price += _price_of_place(rank, last, element)
        if bare:
            price += _price_of_bare(rank, last, element)
        if word == _JUNK and element != _BUILDING:
            price += 0.3
        return price
    if kind == _AND:
        return 0.0 if last == _ROAD or last == _VILLAGE or last == _LANE else 0.6
    if kind == _CROSSING:
        return 0.0 if last == _ROAD or last == _LANE else 1.0
    if kind == _OFFICE:
        return 0.0 if last == _VILLAGE and word != _GAP else 3.0
    if kind == _SIDE or kind == _BESIDE or kind == _RELATIVE or kind == _GATE:
        return 0.0 if last > 0 else 1.0
    if kind == _REMARK:
        # What is said besides stands behind the address: 501室放门口.
        # A locker beside a room is where it may be left, beside a building it is what is meant.
        told = rank >= max(_DOOR, element)
        if element == 0 and last == _OBJECT and rank >= _TOWN:
            told |= word != _JUNK and word != _UNKNOWN
        return 0.0 if told else 99.0
    if kind == _LABEL or kind == _PERSON:
        return 0.0 if rank == 0 or joined else 1.0
    return 0.0


@inner
def _packed(rank, last, word, town):  # type: ignore[no-untyped-def]
    """What is known of a way, as one number; of the last word only what prices ask for."""
    if word != _AND and word != _GAP and word != _JUNK and word != _UNKNOWN:
        word = _NAME
    return rank | last << 8 | word << 16 | (town + 1) << 24


@inner
def _town_of(edge, e, senses, tree):  # type: ignore[no-untyped-def]
    """The one town that an edge names, or what has become of it; -1 for none or several."""
    if edge[e, KIND] != _NAME or edge[e, ELEMENT] != _TOWN:
        return np.int64(-1)
    town = senses[edge[e, SENSE], W_TOWN]
    if town < 0:
        return np.int64(-1)
    return np.int64(tree[town, T_SUCCESSOR]) if tree[town, T_SUCCESSOR] >= 0 else town


@inner
def _after(kind, element, its_town, rank, last, word, town):  # type: ignore[no-untyped-def]
    """What is known of a way once it has taken an edge, packed."""
    if kind == _GAP or kind == _NOTE:
        return _packed(rank, last, _GAP if kind == _GAP else word, town)
    if kind == _NAME or kind == _UNKNOWN or kind == _NUMBER or kind == _FIXED:
        last = element
        if element == _ESTATE:
            rank = _ESTATE
        elif element != _OBJECT and element != _ZONE and element > rank:
            rank = element
        if element == _TOWN:
            town = its_town
    elif kind == _CROSSING or kind == _DISTANCE or kind == _BESIDE:
        rank = min(rank, _ESTATE)
    elif kind == _JUNK:
        last = _OBJECT
    return _packed(rank, last, kind, town)


@inner
def _sort_by_start(edge, count, n, starts, order):  # type: ignore[no-untyped-def]
    for p in range(n + 2):
        starts[p] = 0
    for e in range(count):
        starts[edge[e, START] + 1] += 1
    for p in range(n):
        starts[p + 1] += starts[p]
    for e in range(count):
        order[starts[edge[e, START]]] = e
        starts[edge[e, START]] += 1


@inner
def _gather(start, n, best, score, ways, ending, live, live_score):  # type: ignore[no-untyped-def]
    """The ways that end at a place: where each is kept and what is known of it; how many.

    Where one reading is wanted, of ways of which the same is known the cheapest stands for all.
    """
    count = 0
    p = ending[start]
    while p >= 0:
        for k in range(best):
            if score[p, k] == np.inf:
                break
            known, slot = ways[p, k], count
            if best == 1:
                slot = 0
                while slot < count and live[slot, 1] != known:
                    slot += 1
                if slot < count and live_score[slot] <= score[p, k]:
                    continue
            if slot == count:
                if count == live_score.size:
                    return count
                count += 1
            live[slot, 0], live[slot, 1], live_score[slot] = p * MOST_READINGS + k, known, score[p, k]
        p = ending[n + 1 + p]
    return count


@inner
def decode(  # type: ignore[no-untyped-def]
    edge, cost, count, n, parted, lexicon, tree, best, score, back, ways, starts, order, ending,
    live, live_score,
):  # fmt: skip
    """Finds the ``best`` cheapest ways to every edge; those to the end are where :func:`trace` begins.

    ``starts``, ``live`` are working space, ``order`` gets the edges by start; ``ending[p]`` the last
    edge that ends at p, as a chain through ``ending[n + 1 + e]``.
    """
    senses, candidates = lexicon.sense, lexicon.candidate
    _sort_by_start(edge, count, n, starts, order)
    for p in range(n + 1):
        ending[p] = -1
    # Before the first character stands a gap.
    live[0, 0], live[0, 1], live_score[0] = -1, _packed(_FIRST, _FIRST, _GAP, np.int64(-1)), 0.0
    lives, at = 1, np.int64(0)
    for o in range(count):
        e = order[o]
        start, end = edge[e, START], edge[e, END]
        if start != at:
            lives, at = _gather(start, n, best, score, ways, ending, live, live_score), start
        kind, element, bare = edge[e, KIND], edge[e, ELEMENT], (edge[e, FLAGS] & BARE) != 0
        own, its_town = cost[e], _town_of(edge, e, senses, tree)
        apart = parted[start] and start > 0
        told, price_of_told = np.int64(-1), 0.0
        worst = np.inf
        for k in range(best):
            score[e, k] = np.inf
        for w in range(lives):
            reached = live_score[w] + own
            if reached - MOST_GAINED >= worst:
                continue
            known = live[w, 1]
            rank, last, word, town = known & 255, known >> 8 & 255, known >> 16 & 255, (known >> 24) - 1
            price = _price_of_step(kind, element, bare, rank, last, word, apart)
            if kind == _NAME and town >= 0:
                if town != told:
                    told = town
                    price_of_told = _price_of_town(senses, candidates, tree, edge[e, SENSE], element, town)
                price += price_of_told
                if element == _TOWN and its_town == town:
                    # Said twice: 寿光市圣城街道寿光市圣城街道.
                    price -= MOST_GAINED
            reached += price
            if reached >= worst:
                continue
            slot = best - 1
            while slot > 0 and reached < score[e, slot - 1]:
                score[e, slot], back[e, slot] = score[e, slot - 1], back[e, slot - 1]
                ways[e, slot] = ways[e, slot - 1]
                slot -= 1
            score[e, slot], back[e, slot] = reached, live[w, 0]
            ways[e, slot] = _after(kind, element, its_town, rank, last, word, town)
            worst = score[e, best - 1]
        ending[n + 1 + e] = ending[end]
        ending[end] = e


@inner
def finals(n, best, score, ending, final):  # type: ignore[no-untyped-def]
    """The cheapest ways to the end of the text, cheapest first, into ``final``; how many there are."""
    count = 0
    e = ending[n]
    while e >= 0:
        for k in range(best):
            if score[e, k] == np.inf:
                break
            slot = count
            if count == best:
                last = final[count - 1]
                if score[e, k] >= score[last // MOST_READINGS, last % MOST_READINGS]:
                    break
                slot = count - 1
            else:
                count += 1
            while slot > 0:
                other = final[slot - 1]
                if score[other // MOST_READINGS, other % MOST_READINGS] <= score[e, k]:
                    break
                final[slot] = other
                slot -= 1
            final[slot] = e * MOST_READINGS + k
        e = ending[n + 1 + e]
    return count


@inner
def trace(edge, final, back, path):  # type: ignore[no-untyped-def]
    """The edges of the way that ends in ``final``, first to last, into ``path``; how many."""
    length = 0
    at = final
    while at >= 0:
        length += 1
        at = back[at // MOST_READINGS, at % MOST_READINGS]
    at = final
    for i in range(length - 1, -1, -1):
        path[i] = at // MOST_READINGS
        at = back[at // MOST_READINGS, at % MOST_READINGS]
    return length
