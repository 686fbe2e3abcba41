"""Names that sound or look alike 近似名称: for names that the register lacks; compiled."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from address.match.tables import Tables
from address.model import NAMED, Element
from address.parse.compiled import inner
from address.parse.text import folded_words
from address.snapshot import Snapshot

LONGEST = 24
TRIED = 64
"""Names that share the rarest syllables with what is written: so many are compared by character."""
FEWEST = 8
"""But not fewer, however many share as much."""
KEPT = 6
MOST_BEARERS = 64
_LOOKALIKES = (
    "未末朱 日曰目 王玉主壬 太大犬夭天夫 土士上 干千于 己已巳 人入八 午牛 石右古 田由甲申电 "
    "西酉四 贝见 木本术 刀力 口囗 东车乐 北比此 庄压床 家冢 侯候 崔催 城诚域 圣怪坚 柳抑卿 "
    "台合召治 辛幸亲 苑宛菀 景影 华毕 菜莱 渤勃 银很根 仓苍仑 杨扬汤场 孙孔 屯电 韩翰 胡湖糊 "
    "郭敦 桃挑 化花比 阳阴 泉泵 辰晨 鸣呜鸟乌 弥弭 埠阜 坨沱驼 寨塞赛 营莹萤 里理星 洛落络 "
    "桥侨娇 河何阿 岭领 马鸟吗 丰手 文支又 方万 平半 兴与 安宴 宁字宇 宋宗 刘列 李季 张涨 陈阵 "
    "赵起 周同 吴昊 徐涂除 朱宋 高亮 林材 何河 梁粱 谢射 董重 苏办 于干 叶汁 杜社 夏复 钟种 汪江 "
    "任仕 姜美 范苑 石右 谭潭 陆陈 金全 白自 段断 史吏 顾硕 孟盂 龙尤 武式 钱线 常堂 康唐 南甫 "
    "远运 新亲 福副 富宫 贵责 祥样 和利 园圆 府俯 都郡 湾弯 湖潮 悦说 锦绵 绣诱 御卸 荆刑 怡治 "
    "居层 尚向 品晶 状壮 元无 学字 院完 明朋 时对 代伐 泽译择 雅稚 温湿 商啇 官宫 道遒 崖岸 冯马 "
    "邢刑 盐监 羊半 侧测 牟车 桑柔 斟甚 灌罐 延廷 疃童 镇填 街衔 区匹 "
)
"""Families of characters that look alike, as scanners and pens mistake them."""


_ALIKE = np.array(
    sorted(
        {
            ord(one) << 16 | ord(other)
            for family in _LOOKALIKES.split()
            for one in family
            for other in family
            if one != other
        }
    ),
    np.int64,
)
"""Each pair of characters of one family: one << 16 | other, sorted."""
_TELLING = tuple(np.uint32(ord(char)) for char in "一二三四五六七八九十东西南北前后中上下大小新老内外")
_ENDING = tuple(np.uint32(ord(char)) for char in "村民委员会居社区小花园家公寓镇街道办事处屯庄路巷苑城")
"""Of the words that end names: 社区, 家园, 村民委员会."""
TOLD = 10.0
"""What it costs, to tell names apart, that such a character is not the same."""
SAME_SOUND, LOST, OTHER, TWICE = 0.35, 0.7, 0.9, 0.3
SHORT_NAME = 3
"""Names of so many characters end in one that others share (路), longer ones in two (家园)."""
WORST = 0.34
"""Names further away than this, per character, are other names."""
COMMON_SHARE = 0.25
"""Syllables in more of the names than this tell nothing."""
LEAST_SHARE = 0.4
"""Of the greatest rarity shared, a name must share so much to be compared."""
INSIDE, FARTHER = 0.6, 0.5
"""What a name of the stated town is ahead of others, of the village twice: in rarity, in distance."""
BINS = 64


class Names(NamedTuple):
    """Distinct names by their syllables; a tuple, for the compiled code."""

    char: NDArray[np.uint32]
    char_of: NDArray[np.int32]
    sound: NDArray[np.uint16]
    """Syllable of each character of the first plane; 0 for none."""
    posting_of: NDArray[np.int32]
    posting: NDArray[np.int32]
    weight: NDArray[np.float32]
    """Rarity (idf) of each syllable."""
    bearer_of: NDArray[np.int32]
    bearer: NDArray[np.int32]
    """Components of each name."""


def names_of(snapshot: Snapshot, t: Tables) -> Names:
    """Gathers the names of regions, roads, estates and things, with their other writings."""
    named = np.isin(t.element, [int(each) for each in NAMED if each is not Element.GROUP])
    rows = np.flatnonzero(named & (t.element >= Element.COUNTY) & t.current)
    texts = snapshot.components.name.take(rows).to_pylist()
    texts += snapshot.aliases.text.to_pylist()
    rows = np.concatenate([rows, snapshot.aliases.component]).astype(np.int32)
    bearers: dict[str, list[int]] = {}
    for text, row in zip(texts, rows.tolist(), strict=True):
        if 2 <= len(text) <= LONGEST and not any(char.isdigit() for char in text):
            bearers.setdefault(text, []).append(row)
    words = list(bearers)
    chars, offset = folded_words(words)
    sounds, syllables = _sounds()
    posting_of, posting = _postings(chars, offset, sounds, syllables)
    held = np.diff(posting_of)
    weight = np.log((len(words) + 1) / (held + 1)).astype(np.float32)
    weight[held > max(COMMON_SHARE * len(words), 40)] = 0.0
    counts = [len(bearers[word]) for word in words]
    return Names(
        chars, offset.astype(np.int32), sounds, posting_of, posting, weight,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        np.array([row for word in words for row in bearers[word]], np.int32),
    )  # fmt: skip


@cache
def _sounds() -> tuple[NDArray[np.uint16], int]:
    """The syllable of each character, without tone; other characters sound as themselves."""
    from pypinyin import lazy_pinyin

    codes = np.arange(0x4E00, 0xA000)
    number: dict[str, int] = {}
    sounds = np.zeros(1 << 16, np.uint16)
    for code, syllable in zip(codes.tolist(), lazy_pinyin([chr(code) for code in codes]), strict=True):
        sounds[code] = number.setdefault(syllable, len(number) + 1)
    return sounds, len(number) + 1


def _postings(
    chars: NDArray[np.uint32], offset: NDArray[np.int64], sounds: NDArray[np.uint16], syllables: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    word = np.repeat(np.arange(offset.size - 1), np.diff(offset))
    sound = sounds[np.minimum(chars, 0xFFFF)]
    pairs = np.unique(sound.astype(np.int64) << 32 | word)
    pairs = pairs[pairs >> 32 > 0]
    posting_of = np.searchsorted(pairs >> 32, np.arange(syllables + 1)).astype(np.int32)
    return posting_of, (pairs & 0xFFFFFFFF).astype(np.int32)


@inner
def tells(char):  # type: ignore[no-untyped-def]
    """Whether a character alone tells neighbours apart: a number, a side, an order, a size."""
    return char in _TELLING or 48 <= char <= 57


@inner
def alike(char, other):  # type: ignore[no-untyped-def]
    """Whether two characters are of one family of forms."""
    pair = (np.int64(char) << 16) | np.int64(other)
    low, high = 0, _ALIKE.size
    while low < high:
        middle = (low + high) // 2
        if _ALIKE[middle] < pair:
            low = middle + 1
        else:
            high = middle
    return low < _ALIKE.size and _ALIKE[low] == pair


@inner
def told_apart(chars, first, last, names, word, away, work):  # type: ignore[no-untyped-def]
    """Whether what is written differs from a name in a character that tells neighbours apart.

    The name is looked for once more, such characters being neither lost nor added, and no character
    mistaken but for one of the same sound or form: 张家村 is no 李家村, nor 金光路 the 金光街.
    """
    if last - first > LONGEST:
        first = last - LONGEST
    return distance(chars, first, last, names, word, work, True) > away + 0.01


@inner
def barely_shared(chars, first, last, names, word):  # type: ignore[no-untyped-def]
    """Whether less than half of what is its own in a name stands in what is written.

    Of 世纪家园 that is 世纪: 世记家园 may be it, 拭畸家园 is another that sounds alike.
    """
    begin, end = names.char_of[word], names.char_of[word + 1]
    own = max(end - begin - (1 if end - begin <= SHORT_NAME else 2), 1)
    shared = 0
    for i in range(begin, begin + own):
        for j in range(first, last):
            if chars[j] == names.char[i]:
                shared += 1
                break
    return 2 * shared < own


@inner
def distance(chars, first, last, names, word, work, strict):  # type: ignore[no-untyped-def]
    """Least cost of finding a name inside ``chars[first:last]``; what stands around it costs little."""
    begin, end = names.char_of[word], names.char_of[word + 1]
    n, m = last - first, end - begin
    work[0, 0] = 0.0
    for j in range(1, n + 1):
        work[0, j] = work[0, j - 1] + 0.12 + (TOLD if strict and tells(chars[first + j - 1]) else 0.0)
    for i in range(1, m + 1):
        wanted = names.char[begin + i - 1]
        lost = LOST + (TOLD if strict and tells(wanted) else 0.0)
        work[i & 1, 0] = work[(i - 1) & 1, 0] + lost
        for j in range(1, n + 1):
            char = chars[first + j - 1]
            added = TOLD if strict and tells(char) else 0.0
            if char == wanted:
                price = 0.0
            elif (
                char < 65536
                and wanted < 65536
                and names.sound[char] > 0
                and names.sound[char] == names.sound[wanted]
            ):
                price = SAME_SOUND
            elif strict and not alike(char, wanted):
                price = OTHER + TOLD
            else:
                price = OTHER + added
            best = work[(i - 1) & 1, j - 1] + price
            # An end that is lost beside what stands around is an end mistaken.
            mistaken = strict and ((i == 1 and j > 0) or (i == m and j < n))
            best = min(best, work[(i - 1) & 1, j] + lost + (TOLD if mistaken else 0.0))
            again = j > 1 and char == chars[first + j - 2]
            more = 0.12 if i == m else TWICE if again else LOST
            if strict and i == m and not again and char not in _ENDING:
                more += TOLD  # of 现代嘉苑社区 现代 is but the beginning
            work[i & 1, j] = min(best, work[i & 1, j - 1] + more + (0.0 if again else added))
    return work[m & 1, n]


@inner
def lies_in(t, row, region):  # type: ignore[no-untyped-def]
    """Whether a component is another one or lies in it; in a register that was followed a parent may
    stand behind its children."""
    while row >= 0 and row != region:
        row = t.parent[row]
    return row == region


@inner
def _nearness(t, names, word, town, village):  # type: ignore[no-untyped-def]
    """2 for a name that the stated village has, 1 for one of the stated town, 0 for others."""
    begin, end = names.bearer_of[word], names.bearer_of[word + 1]
    best = 0
    for b in range(begin, min(end, begin + MOST_BEARERS)):
        if village >= 0 and lies_in(t, names.bearer[b], village):
            return 2
        if best == 0 and town >= 0 and lies_in(t, names.bearer[b], town):
            best = 1
    return best


@inner
def _gather(chars, first, last, names, total, touched):  # type: ignore[no-untyped-def]
    """Adds up the rarity that each name shares with what is written; how many names share any."""
    count = 0
    for i in range(first, last):
        char = chars[i]
        sound = names.sound[char] if char < 65536 else 0
        if sound == 0 or names.weight[sound] <= 0:
            continue
        for p in range(names.posting_of[sound], names.posting_of[sound + 1]):
            word = names.posting[p]
            if total[word] == 0:
                if count == touched.size:
                    break
                touched[count] = word
                count += 1
            total[word] += names.weight[sound]
    return count


@inner
def _least_to_try(t, names, total, touched, count, town, village, longest, bins):  # type: ignore[no-untyped-def]
    """The rarity from which names are compared, about ``TRIED`` of them; those near by are raised."""
    most = np.float32(0)
    for i in range(count):
        most = max(most, total[touched[i]])
    raised = np.float32(INSIDE) * most
    top = most + 2 * raised
    for k in range(BINS + 1):
        bins[k] = 0
    for i in range(count):
        word = touched[i]
        if total[word] < LEAST_SHARE * most or names.char_of[word + 1] - names.char_of[word] > longest:
            continue
        if town >= 0:
            total[word] += raised * np.float32(_nearness(t, names, word, town, village))
        bins[int(total[word] / top * BINS)] += 1
    kept, k = 0, BINS
    while k > 0 and (kept < FEWEST or kept + bins[k] <= TRIED):
        kept += bins[k]
        k -= 1
    return max(np.float32((k + 1) / BINS) * top, np.float32(LEAST_SHARE) * most)


@inner
def near(  # type: ignore[no-untyped-def]
    chars, first, last, t, names, town, village, total, touched, bins, work, found, cost, rank
):
    """Names nearest to ``chars[first:last]`` into ``found`` with ``cost``; how many.

    Names of the stated village and town (-1: none) come before others. ``total`` is zero for
    every name before and after; ``bins``, ``work`` and ``rank`` are working space.
    """
    if last - first > LONGEST:
        first = last - LONGEST
    count = _gather(chars, first, last, names, total, touched)
    least = _least_to_try(t, names, total, touched, count, town, village, last - first + 2, bins)
    kept = 0
    for i in range(count):
        word = touched[i]
        if total[word] < least:
            continue
        length = names.char_of[word + 1] - names.char_of[word]
        if length > last - first + 2:
            continue
        away = distance(chars, first, last, names, word, work, False)
        if away > WORST * min(length, last - first):
            continue
        key = away
        if town >= 0:
            key += FARTHER * (2 - _nearness(t, names, word, town, village))
        slot = kept
        if kept == KEPT:
            if key >= rank[kept - 1]:
                continue
            slot = kept - 1
        else:
            kept += 1
        while slot > 0 and key < rank[slot - 1]:
            found[slot], cost[slot], rank[slot] = found[slot - 1], cost[slot - 1], rank[slot - 1]
            slot -= 1
        found[slot], cost[slot], rank[slot] = word, away, key
    for i in range(count):
        total[touched[i]] = 0
    return kept
