"""Which text encoding a file is in 编码判定, from all of its text, with the evidence.

Strict UTF-8 comes first: GB18030 decodes almost any bytes, UTF-8 does not. A
short GBK text can be valid UTF-8 by accident, so a reading must also look like
text: its letters are those a Chinese office writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from spatial.errors import EncodingUndecided, InvalidInput
from spatial.exchange.evidence import EncodingReading, Evidence

_PLAUSIBLE = 0.9
_FOREIGN = re.compile(rb"[\x80-\xff][\x30-\xff]*")
"""Text from its first non-ASCII byte to the next blank or mark: no byte below 0x30 is part of a character."""
LDID = {0x4D: "GB18030", 0x7A: "GB18030", 0x4F: "BIG5", 0x78: "BIG5", 0x57: "LATIN1", 0x03: "LATIN1"}
"""Language bytes of dBase headers that matter here: 936, 950, 1252."""


def decide(
    texts: Iterable[bytes],
    *,
    name: str,
    option: str | None = None,
    cpg: str | None = None,
    ldid: int | None = None,
) -> EncodingReading:
    """The encoding of all ``texts``; raises EncodingUndecided where nothing speaks for one."""
    foreign = sorted({found for text in texts for found in _FOREIGN.findall(text)})
    seen = _declarations(cpg, ldid)
    if option is not None:
        return _by_option(foreign, option, name, seen)
    if not foreign:
        only = Evidence("bytes", "全部文本为 ASCII", "all text is ASCII", {"non_ascii_texts": 0})
        return EncodingReading("UTF-8", (only, *seen))
    declared = (canonical(cpg) if cpg else None) or (LDID.get(ldid) if ldid else None)
    scores = {one: score(foreign, one) for one in dict.fromkeys(("UTF-8", "GB18030", declared)) if one}
    numbers = {f"plausible_{one}": round(value, 4) for one, value in scores.items() if value >= 0}
    numbers["non_ascii_texts"] = len(foreign)
    for candidate in dict.fromkeys(("UTF-8", declared, "GB18030")):
        if candidate and scores[candidate] >= _PLAUSIBLE:
            told = Evidence(
                "bytes",
                f"全部文本按 {candidate} 严格解码成功且为常用字",
                f"all text decodes strictly as {candidate} into common characters",
                numbers,
            )
            return EncodingReading(candidate, (told, *seen))
    if declared and scores[declared] >= 0:
        return EncodingReading(declared, seen)
    raise EncodingUndecided(
        f"文本编码无法判定,请用 --encoding 指明(如 GB18030、UTF-8、BIG5):{name}",
        f"the text encoding cannot be told; say it with --encoding (GB18030, UTF-8, BIG5 …): {name}",
        value=name,
        details={"scores": dict(numbers), "evidence": [one.to_json() for one in seen]},
    )


def score(texts: Iterable[bytes], encoding: str) -> float:
    """Share of non-ASCII characters that are common in Chinese text; −1 where decoding fails.

    >>> score(["寿光市".encode("gbk")], "UTF-8")
    -1.0
    >>> score(["寿光市".encode("gbk")], "GB18030")
    1.0
    >>> score(["名称".encode()], "GB18030") < 0.9
    True
    """
    common = total = 0
    for text in texts:
        try:
            decoded = text.decode(encoding)
        except UnicodeDecodeError:
            return -1.0
        for character in decoded:
            if not character.isascii():
                total += 1
                common += is_common(character)
    return common / total if total else 1.0


def is_common(character: str) -> bool:
    """A character of GB 2312 or another unified ideograph of the basic block's everyday part."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return character in "·—…²³℃鑫堃喆昇祎"
    return True


def mojibake(text: str) -> str | None:
    """What a garbled text was before it was decoded wrongly; None for sound text.

    >>> mojibake("寿光市"), mojibake("ÊÙ¹âÊÐ"), mojibake("瀵垮厜")
    (None, '寿光市', '寿光')
    >>> mojibake("Café"), mojibake("锟斤拷")
    (None, '�')
    """
    if text.isascii():
        return None
    if "�" in text or "锟斤" in text:
        return "�"
    high = sum("\x80" <= character <= "\xff" for character in text)
    if high >= 4 and high * 2 >= len(text):
        return _redecoded(text, "latin-1", "gb18030") or _redecoded(text, "latin-1", "utf-8")
    rare = sum(not is_common(character) for character in text if not character.isascii())
    if rare and max(text) >= "\x80":
        return _redecoded(text, "gb18030", "utf-8")
    return None


def _redecoded(text: str, wrong: str, right: str) -> str | None:
    try:
        original = text.encode(wrong).decode(right)
    except UnicodeError:
        return None
    plausible = [one for one in original if not one.isascii()]
    return original if plausible and all(map(is_common, plausible)) else None


def _by_option(foreign: list[bytes], option: str, name: str, seen: tuple[Evidence, ...]) -> EncodingReading:
    encoding = canonical(option)
    if encoding is None:
        raise InvalidInput(f"未知编码:{option}", f"unknown encoding: {option}", value=option)
    if score(foreign, encoding) < 0:
        raise EncodingUndecided(
            f"文件内容不是指定的编码 {encoding}:{name}",
            f"the text of the file is not in the given encoding {encoding}: {name}",
            value=name,
        )
    told = Evidence("option", f"由 --encoding 指明:{option}", f"said by --encoding: {option}")
    return EncodingReading(encoding, (told, *seen))


def _declarations(cpg: str | None, ldid: int | None) -> tuple[Evidence, ...]:
    seen = []
    if cpg is not None:
        seen.append(Evidence("cpg", f".cpg 文件声明 {cpg}", f"the .cpg file says {cpg}"))
    if ldid is not None:
        named = LDID.get(ldid, "-")
        seen.append(
            Evidence(
                "ldid", f"dbf 语言字节 0x{ldid:02X}({named})", f"dbf language byte 0x{ldid:02X} ({named})"
            )
        )
    return tuple(seen)


def canonical(encoding: str) -> str | None:
    """The one name of an encoding, None for what is none."""
    import codecs

    text = encoding.strip().upper()
    text = {"936": "GB18030", "GBK": "GB18030", "GB2312": "GB18030", "CP936": "GB18030"}.get(text, text)
    text = {"65001": "UTF-8", "UTF8": "UTF-8", "ISO 88591": "LATIN1", "950": "BIG5"}.get(text, text)
    try:
        codecs.lookup(text)
    except LookupError:
        return None
    return text
