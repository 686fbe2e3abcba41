"""How well a text agrees with a component 比对: evidence part by part; compiled."""

from __future__ import annotations

import numpy as np

from address.match.bases import begin_of_name, successor
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
    WRONG_NAME,
    WRONG_REGION,
)  # fmt: skip
from address.match.near import lies_in, tells
from address.parse.compiled import inner

AGREE_NUMBER, AGREE_NAME, AGREE_REGION = 3.0, 2.0, 1.5
FAIL_NUMBER, FAIL_NAME, FAIL_TOWN, FAIL_UNKNOWN = -4.0, -3.0, -3.5, -1.0
FUZZY_WEIGHT = 2.5

_ZONE, _TOWN, _VILLAGE, _HAMLET, _GROUP, _ROAD, _LANE, _ESTATE = 15, 20, 30, 31, 34, 40, 41, 42
_DOOR, _SECTION, _BUILDING, _UNIT, _FLOOR, _ROOM, _OBJECT = 50, 55, 60, 70, 80, 90, 95
_INFERRED, _FORMER, _BELOW = 16, 64, 8
_SIDE, _GATE = 7, 9
_PLACES = tuple(
    np.uint32(ord(char))
    for char in "院墙方位顶头边角侧外道沟地树杆井灯坡桥渠堤坝窖池塘泵箱柜路架台站点栏屋口处上下前后左右"
    "旁段梯库器块坟墓闸牌线挡亭甲乙丙丁"
)
"""What is a place of its own about a numbered thing ends so: 后院, 外墙, 车位, 正前方, 过去一点; and what
makes another number of it: 831号甲."""
_BESIDE = tuple(np.uint32(ord(char)) for char in "前后旁侧附之")
"""Or begins so: 前人行道, 后巷子; 501室附1, 1402室之一."""
_OF = np.uint32(ord("的"))
_FIRMS = tuple(np.uint32(ord(char)) for char in "店司馆市社厂所铺厅局收")
"""What has its seat at a number, and may be told right behind it, ends so: 鑫源超市, 利民诊所; 王哥收."""
_SHOP = np.uint32(ord("店"))
_LEAST_FIRM = 3
_ENDS = tuple(
    (np.uint32(ord(one)), np.uint32(ord(other)))
    for one, other in zip("先女小师老老经市务业乐银门沿临", "生士姐傅师板理部部部部行面街街", strict=True)
)
"""Or so: 李女士, 门市部; and what says no more than that it is by the street."""
_SURNAMES = tuple(
    np.uint32(ord(char))
    for char in "王李张刘陈杨赵吴周徐孙朱胡郭何罗郑梁谢宋唐许邓韩冯曹彭曾肖蔡潘董袁蒋余杜叶程苏魏吕丁任姚卢"
    "傅钟姜崔谭廖范陆贾邹熊孟秦薛阎夏侯隋桑"
)
"""So begins a person, of two or three characters."""
_ONCE = tuple(np.uint32(ord(char)) for char in "原旧非曾疑不老据")
_LONGEST_ONCE = 4
_OPEN, _HAO, _HOME = np.uint32(ord("(")), np.uint32(ord("号")), np.uint32(ord("家"))


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
def _tells_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span right before a known name makes it another's.

    前 before 杨家疃村, or before an estate; 吴 or 河东 before a village.
    """
    telling = True
    for i in range(c.first[at], c.last[at]):
        telling = telling and tells(c.folded[c.folded_base + i])
    for other in range(first, last):
        if c.sort[other] != 0 or c.owner[other] >= 0 or c.first[other] != c.last[at]:
            continue
        if c.candidate_of[other + 1] > c.candidate_of[other] and _VILLAGE <= c.what[other] <= _ESTATE:
            return telling or (c.what[other] <= _HAMLET and c.last[at] - c.first[at] <= 2)
    return False


@inner
def _leads_number(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether a number stands right behind a span: 1, in brackets 2; where something parts them,
    3 if the span goes on from a known name."""
    end, follows = c.last[at], False
    nearest = np.int64(-1)
    for other in range(first, last):
        if c.sort[other] != 0 or c.owner[other] >= 0 or c.first[other] < 0:
            continue
        known = c.candidate_of[other + 1] > c.candidate_of[other] and _VILLAGE <= c.what[other] <= _ESTATE
        follows |= known and c.last[other] == c.first[at]
        if c.first[other] >= end and (nearest < 0 or c.first[other] < c.first[nearest]):
            nearest = np.int64(other)
    if nearest < 0 or not (c.number[nearest] >= 0 or 48 <= c.folded[c.folded_base + c.first[nearest]] <= 57):
        return 0
    if c.first[nearest] == end and c.start[nearest] == c.end[at]:
        return 1
    if c.first[nearest] == end + 1 and c.folded[c.folded_base + end] == _OPEN:
        return 2
    return 3 if follows and c.first[nearest] <= end + 1 else 0


@inner
def _tells_former(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span right before a known name or a number says it was so, or doubts it.

    原菜都路, 原116号, 曾用地址菜都路, 疑似菜都路.
    """
    if c.last[at] - c.first[at] > _LONGEST_ONCE:
        return False
    for char in _ONCE:
        if c.folded[c.folded_base + c.first[at]] == char:
            for other in range(first, last):
                known = c.candidate_of[other + 1] > c.candidate_of[other] and c.what[other] >= _TOWN
                known |= c.number[other] >= 0
                if c.sort[other] == 0 and c.owner[other] < 0 and known and c.start[other] == c.end[at]:
                    return True
    return False


@inner
def _goes_on(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span is more of the number before it: 201室-1, 49.1.2306.1."""
    begin = c.first[at]
    if begin < 2:
        return False
    for i in range(begin, c.last[at]):
        if not 48 <= c.folded[c.folded_base + i] <= 57:
            return False
    for other in range(first, last):
        if c.sort[other] == 0 and c.owner[other] < 0 and c.number[other] >= 0 and c.last[other] == begin - 1:
            return True
    return False


@inner
def _takes_number(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether a number may be that of an unknown span before it, or goes on with it.

    时代 + 名郡 + 3号楼 is no building of 时代家园, nor is 渤海路 + 鑫源大厦 + 12号 a door of the road,
    尹官庄村 + 养鸡场 + 90号 one of the village; 尹官庄村 + 靠近 + 90号 is beside it. In brackets stands
    whose number it is, unless the span is a thing: 村民李雷家(90号), 养鸡场(90号).
    """
    leads = _leads_number(c, first, last, at)
    begin = c.folded_base + c.first[at]
    if c.last[at] - c.first[at] == 1 and c.first[at] > 0 and c.folded[begin] == c.folded[begin - 1]:
        return False  # 东斟灌村村17号
    if leads != 2:
        return leads > 0
    return c.last[at] - c.first[at] > 1 and c.folded[c.folded_base + c.last[at] - 1] != _HOME


@inner
def _stands_at_side(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span is a thing at one side or a gate of what is named: 5号院内东侧厂房."""
    for other in range(first, last):
        beside = c.sort[other] == 1 and c.what[other] in (_SIDE, _GATE) and c.last[other] <= c.first[at]
        if beside and c.first[at] - c.last[other] <= 1:
            return True
    return False


@inner
def _is_found_there(c, at):  # type: ignore[no-untyped-def]
    """Whether a span is a firm or a person: 鑫源超市, 店, 王女士; not 前店, which is a place."""
    begin, end = c.folded_base + c.first[at], c.folded_base + c.last[at]
    if c.folded[begin] in _BESIDE:
        return False
    char = c.folded[end - 1]
    if char in _FIRMS and (end - begin >= _LEAST_FIRM or char == _SHOP):
        return True
    for before, char_of_end in _ENDS:
        if char == char_of_end and end - begin > 1 and c.folded[end - 2] == before:
            return True
    return c.folded[begin] in _SURNAMES and 2 <= end - begin <= 3 and char not in _PLACES


@inner
def _lies_about(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span behind a number may be a place about it: 12号后院, 301室的车位, 12号那趟房.

    Who is found there may be told so: 12号鑫源超市, 301室王先生.
    """
    begin = c.first[at]
    if _is_found_there(c, at):
        return False
    places = c.folded[c.folded_base + c.last[at] - 1] in _PLACES or c.folded[c.folded_base + begin] in _BESIDE
    if begin > 0 and c.folded[c.folded_base + begin - 1] == _OF:
        begin -= 1
    for other in range(first, last):
        known = c.what[other] == _OBJECT and c.candidate_of[other + 1] > c.candidate_of[other]
        if (
            c.sort[other] == 0
            and c.owner[other] < 0
            and c.last[other] == begin
            and (known or c.number[other] >= 0)
            and (places or c.end[other] + (c.first[at] - begin) == c.start[at])
        ):
            return True
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
def _is_plain(c, at):  # type: ignore[no-untyped-def]
    """Whether a number stands alone or before 号."""
    char = c.folded[c.folded_base + c.last[at] - 1] if c.last[at] > 0 else np.uint32(0)
    return 48 <= char <= 57 or char == _HAO


@inner
def _is_rest_of_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span stands between a known name and a number: 文苑 + 苑名郡 + 21号楼."""
    return begin_of_name(c, first, last, at) < c.first[at] and 1 <= _leads_number(c, first, last, at) <= 2


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
    t, c, first, last, node, bases, chosen, bases_count, order, count, hit, f, said
):
    """How well a text agrees with a component; features into ``f``, outcomes into ``said``.

    Outcomes by item: 1 agrees, 2 sounds or looks alike, 3 contradicts, 4 not in the register, 0 says nothing.
    """
    score = 0.0
    base_item, fuzzy = bases.item[chosen], bases.away[chosen]
    for k in range(FEATURES):
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
            f[UNKNOWN_INSIDE] = 1.0
        if what == _ZONE and _takes_number(c, first, last, at):
            f[TOLD_APART] = 1.0  # 成家村 + 新区 + 37号
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
                named = _tells_name(c, first, last, at) or _takes_number(c, first, last, at)
                if named or _tells_former(c, first, last, at):
                    f[TOLD_APART] = 1.0
                inside = t.element[node] in (_ESTATE, _BUILDING, _UNIT)
                if inside or _stands_at_side(c, first, last, at) or _lies_about(c, first, last, at):
                    f[UNKNOWN_INSIDE] = 1.0
                if _goes_on(c, first, last, at):
                    f[UNKNOWN_INSIDE] = 1.0
                f[UNKNOWN_OTHER] += min(1.0, 0.2 * (c.last[at] - c.first[at]))
                score += (1.5 if _is_rest_of_name(c, first, last, at) else 0.3) * FAIL_UNKNOWN
            else:
                f[UNKNOWN_NAME] += 1.0
                score += FAIL_UNKNOWN
    for k in range(count):
        at = order[k]
        if hit[k] >= 0:
            said[at - first] = 1
            score += AGREE_NUMBER
            yard = t.element[node] == _DOOR and t.element[t.parent[node]] <= _GROUP
            if c.what[at] == _ROOM and yard and not _is_plain(c, at):
                f[UNKNOWN_INSIDE] = 1.0  # 岳家村60户 counts households
        else:
            said[at - first] = 4
            f[NO_NUMBER] += 0.5 if c.what[at] == _GROUP or c.what[at] == _SECTION else 1.0
            score += FAIL_NUMBER if c.what[at] != _GROUP else 0.5 * FAIL_NUMBER
    f[FUZZY] = max(f[FUZZY], fuzzy)
    if bases.apart[chosen]:
        f[TOLD_APART] = 1.0
    f[NO_REGION] = 1.0 if regions == 0 else 0.0
    f[NO_ADDRESS] = 1.0 if t.address[node] < 0 else 0.0
    f[DEEPER] = 1.0 if t.child_of[node + 1] > t.child_of[node] else 0.0
    return score
