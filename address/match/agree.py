"""How well a text agrees with a component 比对: evidence part by part; compiled."""

from __future__ import annotations

from address.match.around import is_plain, is_rest_of_name
from address.match.bases import successor
from address.match.doubt import Doubt
from address.match.kernel import (
    DEEPER,
    FEATURES,
    FORMER,
    FUZZY,
    NO_ADDRESS,
    NO_NUMBER,
    NO_REGION,
    TOLD_APART,
    UNKNOWN_INSIDE,
    UNKNOWN_NAME,
    UNKNOWN_OTHER,
    WHY,
    WRONG_NAME,
    WRONG_REGION,
)  # fmt: skip
from address.match.near import lies_in
from address.parse.compiled import inner, machine

AGREE_NUMBER, AGREE_NAME, AGREE_REGION = 3.0, 2.0, 1.5
FAIL_NUMBER, FAIL_NAME, FAIL_TOWN, FAIL_UNKNOWN = -4.0, -3.0, -3.5, -1.0
FUZZY_WEIGHT = 2.5

_ZONE, _TOWN, _VILLAGE, _HAMLET, _GROUP, _ROAD, _LANE, _ESTATE = 15, 20, 30, 31, 34, 40, 41, 42
_DOOR, _SECTION, _BUILDING, _UNIT, _FLOOR, _ROOM, _OBJECT = 50, 55, 60, 70, 80, 90, 95
_INFERRED, _FORMER, _BELOW = 16, 64, 8
_INSIDE, _OTHER_FLOOR, _HOUSEHOLDS, _OTHER_WRITING = machine(
    Doubt.INSIDE, Doubt.OTHER_FLOOR, Doubt.HOUSEHOLDS, Doubt.OTHER_WRITING
)


@inner
def _doubt(f, feature, why):  # type: ignore[no-untyped-def]
    """Sets a feature for which no match is accepted unseen, if there is a reason; the first one is told."""
    if why > 0:
        f[feature] = 1.0
        if f[WHY] == 0.0:
            f[WHY] = why


@inner
def _says(t, c, at, node, region):  # type: ignore[no-untyped-def]
    """Whether a named part is on the path of a component, or where its address lies."""
    for k in range(c.candidate_of[at], c.candidate_of[at + 1]):
        row = successor(t, c.candidate[k])
        if lies_in(t, node, row) or (region >= 0 and lies_in(t, region, row)):
            return True
    if c.candidate_of[at + 1] > c.candidate_of[at] and c.what[at] >= _ROAD:
        # More bear the name than there are candidates.
        name = t.name[c.candidate[c.candidate_of[at]]]
        while node >= 0:
            if t.name[node] == name:
                return True
            node = t.parent[node]
    return False


@inner
def _is_floor_of_room(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether a stated floor is that of the stated room; a house of flats has more rooms on a floor."""
    for other in range(first, last):
        if c.sort[other] == 0 and c.owner[other] < 0 and c.what[other] == _ROOM:
            number = c.number[other]
            return c.number[at] < 0 or not 100 <= number < 10000 or number // 100 == c.number[at]
    for other in range(first, last):
        if c.sort[other] == 0 and c.owner[other] < 0 and c.what[other] in (_BUILDING, _UNIT):
            return False
    return True


@inner
def _near_on_path(t, c, bases, count, at, node, region):  # type: ignore[no-untyped-def]
    """The base by which an unknown name sounds or looks like one on the path of a component; -1 for none.

    洛程街道 is 洛城街道 where the village that follows lies in it; 东庄 is never 西庄.
    """
    for b in range(count):
        if bases.item[b] != at or bases.away[b] <= 0 or bases.apart[b]:
            continue
        row = bases.row[b]
        of_a_kind = t.element[row] == c.what[at] and c.what[at] <= _VILLAGE
        # 受光市 may be taken for a prefecture, and is the county.
        of_a_kind = of_a_kind or (c.what[at] < _ZONE and t.element[row] < _ZONE)
        if of_a_kind and (lies_in(t, node, row) or (region >= 0 and lies_in(t, region, row))):
            return b
    return -1


@inner
def agreement(  # type: ignore[no-untyped-def]
    t, c, first, last, node, bases, chosen, bases_count, order, count, hit, apart, inside, f, said
):
    """How well a text agrees with a component; features into ``f``, outcomes into ``said``.

    ``apart``, ``inside``: what stands against any address (:func:`address.match.around.weigh_around`).
    Outcomes by item: 1 agrees, 2 sounds or looks alike, 3 contradicts, 4 not in the register, 0 says nothing.
    """
    score = 0.0
    base_item, fuzzy = bases.item[chosen], bases.away[chosen]
    for k in range(FEATURES + 1):
        f[k] = 0.0
    region = t.region[node]
    regions = 0
    for at in range(first, last):
        said[at - first] = 0
        if c.sort[at] != 0 or c.owner[at] >= 0 or c.marks[at] & _INFERRED:
            continue
        what = c.what[at]
        if bases.start[chosen] <= c.first[at] and c.last[at] == c.first[base_item]:
            # The beginning of the name that is near.
            continue
        if what == _ZONE and c.candidate_of[at + 1] > c.candidate_of[at]:
            # A zone lies over the tree; the town that holds it must hold the address.
            town = t.parent[c.candidate[c.candidate_of[at]]]
            if (
                town >= 0
                and t.element[town] == _TOWN
                and not (lies_in(t, node, town) or (region >= 0 and lies_in(t, region, town)))
            ):
                said[at - first] = 3
                f[WRONG_REGION] += 1.0
                score += FAIL_TOWN
            continue
        if what == _FLOOR and (c.marks[at] & _BELOW or c.letter[at] == 66):
            # Below the ground the register has no floor.
            said[at - first] = 4
            f[NO_NUMBER] += 1.0
            score += FAIL_NUMBER
        elif what == _FLOOR and not _is_floor_of_room(c, first, last, at):
            _doubt(f, UNKNOWN_INSIDE, _OTHER_FLOOR)
        if what == _ZONE:
            _doubt(f, TOLD_APART, apart[at - first])
        if what in (_ZONE, _FLOOR):
            continue
        if what < _TOWN and c.candidate_of[at + 1] == c.candidate_of[at]:
            near_by = _near_on_path(t, c, bases, bases_count, at, node, region)
            if near_by >= 0:
                said[at - first] = 2
                f[FUZZY] = max(f[FUZZY], bases.away[near_by])
                continue
            # Another city or county.
            said[at - first] = 3
            f[WRONG_REGION] += 1.0
            score += FAIL_TOWN
            continue
        if at == base_item and fuzzy > 0:
            said[at - first] = 2
            score += AGREE_NAME - FUZZY_WEIGHT * fuzzy
            continue
        if c.candidate_of[at + 1] > c.candidate_of[at]:
            if c.marks[at] & _FORMER:
                f[FORMER] = 1.0
            if _says(t, c, at, node, region):
                said[at - first] = 1
                if what in (_TOWN, _VILLAGE):
                    regions += 1
                score += AGREE_REGION if what <= _VILLAGE else AGREE_NAME
            elif what in (12, _TOWN, _VILLAGE):
                said[at - first] = 3
                # A door of a road may be told by the village beside it.
                soft = (
                    what == _VILLAGE
                    and t.element[node] == _DOOR
                    and t.element[t.parent[node]] in (_ROAD, _LANE)
                )
                f[WRONG_REGION] += 0.5 if soft else 1.0
                score += 0.3 * FAIL_TOWN if soft else FAIL_TOWN
            elif what >= _HAMLET:
                said[at - first] = 3
                f[WRONG_NAME] += 1.0 if what != _OBJECT else 0.5
                score += FAIL_NAME if what != _OBJECT else 0.5 * FAIL_NAME
        elif c.number[at] >= 0 and what == _OBJECT:
            said[at - first] = 4
            f[NO_NUMBER] += 1.0
            score += FAIL_NUMBER
        elif c.number[at] < 0 and c.letter[at] == 0:
            near_by = _near_on_path(t, c, bases, bases_count, at, node, region)
            if near_by >= 0:
                said[at - first] = 2
                f[FUZZY] = max(f[FUZZY], bases.away[near_by])
                score += AGREE_REGION - FUZZY_WEIGHT * bases.away[near_by]
                regions += 1 if what in (_TOWN, _VILLAGE) else 0
                continue
            said[at - first] = 4
            if what == _OBJECT:
                _doubt(f, TOLD_APART, apart[at - first])
                _doubt(f, UNKNOWN_INSIDE, inside[at - first])
                if t.element[node] in (_ESTATE, _BUILDING, _UNIT):
                    _doubt(f, UNKNOWN_INSIDE, _INSIDE)
                f[UNKNOWN_OTHER] += min(1.0, 0.2 * (c.last[at] - c.first[at]))
                score += (1.5 if is_rest_of_name(c, first, last, at) else 0.3) * FAIL_UNKNOWN
            else:
                f[UNKNOWN_NAME] += 1.0
                score += FAIL_UNKNOWN
    for k in range(count):
        at = order[k]
        if hit[k] >= 0:
            said[at - first] = 1
            score += AGREE_NUMBER
            yard = t.element[node] == _DOOR and t.element[t.parent[node]] <= _GROUP
            if c.what[at] == _ROOM and yard and not is_plain(c, at):
                _doubt(f, UNKNOWN_INSIDE, _HOUSEHOLDS)  # 岳家村60户
            _doubt(f, TOLD_APART, apart[at - first])
        else:
            said[at - first] = 4
            f[NO_NUMBER] += 0.5 if c.what[at] == _GROUP or c.what[at] == _SECTION else 1.0
            score += FAIL_NUMBER if c.what[at] != _GROUP else 0.5 * FAIL_NUMBER
    f[FUZZY] = max(f[FUZZY], fuzzy)
    if bases.apart[chosen]:
        _doubt(f, TOLD_APART, _OTHER_WRITING)
    f[NO_REGION] = 1.0 if regions == 0 else 0.0
    f[NO_ADDRESS] = 1.0 if t.address[node] < 0 else 0.0
    f[DEEPER] = 1.0 if t.child_of[node + 1] > t.child_of[node] else 0.0
    return score
