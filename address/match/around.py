"""What of a text nothing explains 未识别文字: whether it makes another place of an address; compiled."""

from __future__ import annotations

import numpy as np

from address.match.bases import begin_of_name
from address.match.doubt import Doubt
from address.match.near import tells
from address.parse.compiled import inner, machine

_COUNTY, _TOWN, _VILLAGE, _HAMLET, _ESTATE, _OBJECT = 12, 20, 30, 31, 42, 95
_INFERRED = 16
_SIDE, _GATE = 7, 9
_ZONE = 15
(_NOTHING,) = machine(Doubt.NONE)
_BEFORE, _BEFORE_NAME, _BEFORE_NUMBER, _FORMERLY = machine(
    Doubt.TEXT_BEFORE, Doubt.TEXT_BEFORE_NAME, Doubt.TEXT_BEFORE_NUMBER, Doubt.FORMERLY
)
_ABOUT, _PART, _ZONE_UNKNOWN = machine(Doubt.PLACE_ABOUT, Doubt.PART_OF_NUMBER, Doubt.ZONE_UNKNOWN)

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
_YARD, _COLON = np.uint32(ord("院")), np.uint32(ord(":"))
_JOINTS = tuple(np.uint32(ord(char)) for char in "-/.(")
_LEAST_LEADING_FIRM = 4
"""总店, 分公司 and 代收点 before an address say of whom it is, 鑫源超市 who is there."""
_LONGEST_HOME = 5
_LIVES = tuple(np.uint32(ord(char)) for char in "住到在")


@inner
def _tells_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span right before a known name makes it another's.

    前 before 杨家疃村, or before an estate; 吴 or 河东 before a village.
    """
    telling, person = True, _is_person(c, at)
    for i in range(c.first[at], c.last[at]):
        telling = telling and tells(c.folded[c.folded_base + i])
    for other in range(first, last):
        if c.sort[other] != 0 or c.owner[other] >= 0 or c.first[other] != c.last[at]:
            continue
        if c.candidate_of[other + 1] > c.candidate_of[other] and _VILLAGE <= c.what[other] <= _ESTATE:
            short = c.what[other] <= _HAMLET and c.last[at] - c.first[at] <= 2
            return telling or (short and not (person and c.start[other] > c.end[at]))  # 李四 王家村
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
    """Whether an unknown span is more of the number before it: 201室-1, 49.1.2306.1, 502-A."""
    begin = c.first[at]
    if begin < 2 or c.folded[c.folded_base + begin - 1] not in _JOINTS:
        return False
    for i in range(begin, c.last[at]):
        char = c.folded[c.folded_base + i]
        if not (48 <= char <= 57 or 65 <= char <= 90 or 97 <= char <= 122):
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
def _is_person(c, at):  # type: ignore[no-untyped-def]
    """Whether a span is a person's name or home: 李雷, 王大爷家."""
    begin, end = c.folded_base + c.first[at], c.folded_base + c.last[at]
    char, length = c.folded[end - 1], end - begin
    if c.folded[begin] not in _SURNAMES or char in _PLACES:
        return False
    return 2 <= length <= 3 or (length <= _LONGEST_HOME and char == _HOME)


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
    return _is_person(c, at)


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
def is_rest_of_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span stands between a known name and a number: 文苑 + 苑名郡 + 21号楼."""
    return begin_of_name(c, first, last, at) < c.first[at] and 1 <= _leads_number(c, first, last, at) <= 2


@inner
def is_plain(c, at):  # type: ignore[no-untyped-def]
    """Whether a number stands alone or before 号."""
    char = c.folded[c.folded_base + c.last[at] - 1] if c.last[at] > 0 else np.uint32(0)
    return 48 <= char <= 57 or char == _HAO


@inner
def _lives(c, at):  # type: ignore[no-untyped-def]
    """Whether a span says no more than that somebody is there who is told already, or is the number of a
    line: 王五，住圣城街12号; ①圣城街12号."""
    begin = c.first[at]
    before = c.folded[c.folded_base + begin - 1] if begin > 0 else np.uint32(0)
    char = c.folded[c.folded_base + begin]
    return (char in _LIVES and not 0x4E00 <= before <= 0x9FFF) or (begin == 0 and 48 <= char <= 57)


@inner
def _leads_up(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether a span that nothing explains leads up to the address: 路过, 娘家, 寄件地址, 父母住, 总店:.

    What stands there says whose address it is, or what it is to whoever writes; only who is found there
    (鑫源超市, 王伟) says no more than that. 寿 before 寿光 is written twice.
    """
    follows = np.int64(-1)
    for other in range(first, last):
        if c.sort[other] != 0 or c.owner[other] >= 0 or c.first[other] < 0 or other == at:
            continue
        known = c.candidate_of[other + 1] > c.candidate_of[other]
        if c.first[other] < c.first[at]:
            if c.number[other] >= 0 or (known and c.what[other] > _COUNTY):
                return False
        elif (known or c.number[other] >= 0) and (follows < 0 or c.first[other] < c.first[follows]):
            follows = np.int64(other)
    if follows < 0:
        return False
    begin, end = c.folded_base + c.first[at], c.folded_base + c.last[at]
    for i in range(end, c.folded_base + c.first[follows]):
        if c.folded[i] != _COLON and not 0x4E00 <= c.folded[i] <= 0x9FFF:
            return False
    if end - begin == 1 and (c.folded[begin] == c.folded[end] or _lives(c, at)):
        return False
    if _is_person(c, at) and c.folded[begin] not in _ONCE:
        return False
    return not (_is_found_there(c, at) and end - begin >= _LEAST_LEADING_FIRM)


@inner
def _counts_in_yard(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether a number stands right behind a yard that is no name, and is counted in it: 村大院12号."""
    begin = c.first[at]
    if begin < 1 or c.folded[c.folded_base + begin - 1] != _YARD or not is_plain(c, at):
        return False
    for other in range(first, last):
        if c.sort[other] == 0 and c.owner[other] < 0 and c.last[other] == begin:
            return False
    return True


@inner
def _is_strange_zone(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown zone may be another city's: no county, town or village is stated beside it."""
    if c.candidate_of[at + 1] > c.candidate_of[at]:
        return False
    for other in range(first, last):
        stated = c.sort[other] == 0 and c.owner[other] < 0 and not c.marks[other] & _INFERRED
        if stated and (c.what[other] == _COUNTY or _TOWN <= c.what[other] <= _VILLAGE):
            return False
    return True


@inner
def _apart(c, first, last, at):  # type: ignore[no-untyped-def]
    """Why what a part says may make the whole another place; 0 for nothing."""
    if c.number[at] >= 0 and c.what[at] != _OBJECT:
        return _BEFORE_NUMBER if _counts_in_yard(c, first, last, at) else _NOTHING
    if c.what[at] == _ZONE:
        if _takes_number(c, first, last, at):
            return _BEFORE_NUMBER  # 成家村 + 新区 + 37号
        return _ZONE_UNKNOWN if _is_strange_zone(c, first, last, at) else _NOTHING
    if c.what[at] != _OBJECT or c.number[at] >= 0:
        return _NOTHING
    if _leads_up(c, first, last, at):
        return _BEFORE
    if _tells_former(c, first, last, at):
        return _FORMERLY
    if _tells_name(c, first, last, at):
        return _BEFORE_NAME
    return _BEFORE_NUMBER if _takes_number(c, first, last, at) else _NOTHING


@inner
def _inside(c, first, last, at):  # type: ignore[no-untyped-def]
    """Why what a part says may be a place at the address or in it; 0 for nothing."""
    if c.what[at] != _OBJECT or c.number[at] >= 0:
        return _NOTHING
    if _goes_on(c, first, last, at):
        return _PART
    about = _stands_at_side(c, first, last, at) or _lies_about(c, first, last, at)
    return _ABOUT if about else _NOTHING


@inner
def weigh_around(c, first, last, apart, inside):  # type: ignore[no-untyped-def]
    """For each part of a text that the register does not explain, why it stands against any address.

    Codes of :class:`address.match.doubt.Doubt` by item; once for all candidates.
    """
    for at in range(first, last):
        apart[at - first] = inside[at - first] = _NOTHING
        if c.sort[at] != 0 or c.owner[at] >= 0 or c.marks[at] & _INFERRED:
            continue
        if c.candidate_of[at + 1] > c.candidate_of[at]:
            continue
        apart[at - first] = _apart(c, first, last, at)
        inside[at - first] = _inside(c, first, last, at)
