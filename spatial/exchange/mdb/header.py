"""First page of an Access database 库文件头: version, code page, password. Runs in the reader's process."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from spatial.errors import UnreadableFile, UnsafeFile

_MARKS = (b"\x00\x01\x00\x00Standard Jet DB\x00", b"\x00\x01\x00\x00Standard ACE DB\x00")
_MASKED = 0x18
"""From here RC4 with one known key is drawn over the header."""
_KEY = bytes((0xC7, 0xDA, 0x39, 0x6B))
_VERSION, _CODE_PAGE, _DATABASE_KEY, _PASSWORD, _MADE = 0x14, 0x3C, 0x3E, 0x42, 0x72
_JET3 = 0
_CODE_PAGES = {936: "GB18030", 54936: "GB18030", 950: "BIG5-HKSCS", 932: "SHIFT-JIS", 949: "UHC"}


@dataclass(frozen=True, slots=True)
class Header:
    """What the first page says."""

    jet3: bool
    """Access 97 and older: text in a code page; later versions hold Unicode."""
    code_page: int
    page_bytes: int

    @property
    def charset(self) -> str:
        """Name of the code page for iconv."""
        return _CODE_PAGES.get(self.code_page, f"CP{self.code_page}")


def recognised(head: bytes) -> bool:
    """Whether the beginning of a file is that of an Access database."""
    return head.startswith(_MARKS)


def read(path: Path) -> Header:
    """Look at the first page; refuses what is cut off, encoded or needs a password."""
    with path.open("rb") as file:
        raw = file.read(_MASKED + 128)
    size = path.stat().st_size
    jet3 = len(raw) > _VERSION and raw[_VERSION] == _JET3
    page_bytes = 2048 if jet3 else 4096
    if len(raw) < _MASKED + 128 or size % page_bytes:
        raise UnreadableFile(
            f"Access 数据库被截断({size} 字节不是 {page_bytes} 字节页的整数倍),请重新复制:{path.name}",
            f"the Access database is cut off ({size} bytes are no whole pages of {page_bytes}); "
            f"copy it again: {path.name}",
            value=path.name,
        )
    plain = raw[:_MASKED] + _rc4(raw[_MASKED:])
    code_page, key = struct.unpack_from("<HI", plain, _CODE_PAGE)
    if key or _has_password(plain, jet3):
        raise UnsafeFile(
            f"Access 数据库已加密或设有密码,请在 Access 中解密(文件 › 信息)后再提交:{path.name}",
            f"the Access database is encrypted or has a password; "
            f"remove it in Access (File › Info › Decrypt Database): {path.name}",
            value=path.name,
        )
    return Header(jet3, code_page, page_bytes)


def _has_password(plain: bytes, jet3: bool) -> bool:
    """Without a password the field is empty, or holds nothing but the day on which the file was made."""
    if jet3:
        return any(plain[_PASSWORD : _PASSWORD + 20])
    held = plain[_PASSWORD : _PASSWORD + 40]
    (made,) = struct.unpack_from("<d", plain, _MADE)
    day = int(made) if abs(made) < 2**31 else 0
    return any(held) and held != struct.pack("<i", day) * 10


def _rc4(content: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + _KEY[i % len(_KEY)]) % 256
        state[i], state[j] = state[j], state[i]
    j, made = 0, bytearray()
    for place, one in enumerate(content, 1):
        i = place % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        made.append(one ^ state[(state[i] + state[j]) % 256])
    return bytes(made)
