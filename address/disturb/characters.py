"""Characters taken for one another 易混字: alike in sound, in form, traditional, Chinese numerals."""

from __future__ import annotations

import functools
from collections import defaultdict

import numpy as np

ALIKE = (
    "未末 土士 己已 日曰 天夭 大太 人入 田由 甲申 干千 王玉 午牛 白百 石右 刀力 木本 今令 氏民 "
    "侯候 洛落 阳阴 台合 古占 文丈 城诚 圣至 营管 柳抑 海悔 渤勃 银银 菜莱 仓仑 桑梁 羊半 "
    "岔盆 晨震 鸣呜 园圆 苑宛 景影 商商 务备 金全 光先 东车 西酉 南商 北比 马乌 寨塞 官宫 庄压"
)
"""Pairs alike in form; a pair of the same is no pair."""
NUMERALS = "零一二三四五六七八九"
OCR_DIGITS = {"0": "O", "1": "l"}


@functools.cache
def alike() -> dict[str, str]:
    """Each character with the one it is taken for."""
    pairs = [pair for pair in ALIKE.split() if pair[0] != pair[1]]
    return {pair[0]: pair[1] for pair in pairs} | {pair[1]: pair[0] for pair in pairs}


@functools.cache
def _by_sound() -> dict[str, list[str]]:
    from pypinyin import lazy_pinyin

    # Level 1 of GB 2312, the 3,755 characters in daily use.
    common = [
        bytes((high, low)).decode("gb2312", "ignore")
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF)
    ]
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for char in filter(None, common):
        groups[lazy_pinyin(char)[0]].append(char)
    return dict(groups)


def homophone(char: str, generator: np.random.Generator) -> str:
    """Another common character of the same sound; the same where there is none."""
    from pypinyin import lazy_pinyin

    others = [other for other in _by_sound().get(lazy_pinyin(char)[0], []) if other != char]
    return others[generator.integers(len(others))] if others else char


@functools.cache
def _to_traditional():  # type: ignore[no-untyped-def]
    from opencc import OpenCC

    return OpenCC("s2t")


def traditional(text: str) -> str:
    """In traditional script 繁体."""
    return str(_to_traditional().convert(text))


def full_width(text: str) -> str:
    """ASCII in full width 全角."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def chinese(number: int, placed: bool = True) -> str:
    """A number in Chinese, with place words or digit by digit.

    >>> chinese(12), chinese(20), chinese(3), chinese(105), chinese(1201, placed=False)
    ('十二', '二十', '三', '一百零五', '一二〇一')
    """
    if not placed or number >= 1000:
        return "".join(NUMERALS[int(digit)] for digit in str(number)).replace("零", "〇")
    if number < 10:
        return NUMERALS[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return ("" if tens == 1 else NUMERALS[tens]) + "十" + (NUMERALS[ones] if ones else "")
    hundreds, rest = divmod(number, 100)
    tail = "" if not rest else f"零{NUMERALS[rest]}" if rest < 10 else chinese_tens(rest)
    return f"{NUMERALS[hundreds]}百{tail}"


def chinese_tens(rest: int) -> str:
    """Tens after a hundred, where 十 keeps its 一.

    >>> chinese_tens(12)
    '一十二'
    """
    return f"一{chinese(rest)}" if rest < 20 else chinese(rest)
