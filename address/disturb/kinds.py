"""The kinds of disturbance 干扰种类: each changes a writing in one way, or says that it cannot.

A disturbance keeps the meaning: it leaves away only what the register can supply, and
writes no name that the register knows for something else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from address.disturb import names, numbers, surroundings
from address.disturb.writing import Register, Writing

Apply = Callable[[Writing, Register, np.random.Generator], Writing | None]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One way in which people's writing differs from the standard."""

    name: str
    title_zh: str
    apply: Apply


KINDS: tuple[Disturbance, ...] = tuple(
    Disturbance(name, title, apply)
    for name, title, apply in (
        ("no-upper", "省市县略", names.no_upper),
        ("short-upper", "省市县简写", names.short_upper),
        ("county-alone", "只写县市", names.county_alone),
        ("no-town", "乡镇街道略", names.no_town),
        ("no-village", "社区略", names.no_village),
        ("no-unit", "单元略", names.no_unit),
        ("short-town", "乡镇街道异写", names.short_town),
        ("village-office", "村委会、居委会写法", names.village_office),
        ("bare-village", "村字略", names.bare_village),
        ("short-estate", "小区简称", names.short_estate),
        ("more-estate", "多写小区", names.more_estate),
        ("alias", "别名", names.alias),
        ("former-town", "旧乡镇名", names.former_town),
        ("homophone", "同音字", names.homophone),
        ("look-alike", "形近字", names.look_alike),
        ("lost-character", "漏字", names.lost_character),
        ("doubled-character", "叠字", names.doubled_character),
        ("traditional", "繁体", surroundings.traditional),
        ("full-width", "全角", surroundings.full_width),
        ("spaces", "空格", surroundings.spaces),
        ("punctuation", "标点", surroundings.punctuation),
        ("repeated", "重复", surroundings.repeated),
        ("detail-first", "倒序", surroundings.detail_first),
        ("brackets", "括号", surroundings.brackets),
        ("note", "备注", surroundings.remark),
        ("telephone", "手机号", surroundings.telephone),
        ("land-line", "固定电话", surroundings.land_line),
        ("person", "人名", surroundings.person),
        ("label", "标签", surroundings.label),
        ("postcode", "邮编", surroundings.postcode),
        ("building-suffix", "楼栋后缀", numbers.building_suffix),
        ("unit-suffix", "单元后缀", numbers.unit_suffix),
        ("room-suffix", "户室后缀", numbers.room_suffix),
        ("dashes", "短横连写", numbers.dashes),
        ("hash-dash", "井号连写", numbers.hash_dash),
        ("chinese-numerals", "中文数字", numbers.chinese_numerals),
        ("door-written", "门牌、附号异写", numbers.door_written),
        ("floor", "补写楼层", numbers.floor),
        ("ocr", "识别误差", numbers.ocr),
        ("two-communities", "两个社区", surroundings.two_communities),
        ("road-side", "路侧", surroundings.road_side),
        ("crossing-note", "附注路口", surroundings.crossing_note),
        ("offset-note", "附注距离", surroundings.offset_note),
        ("direction", "方位", surroundings.direction),
        ("shop", "店名", surroundings.shop),
    )
)
