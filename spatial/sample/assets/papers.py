"""Files of the sample's documents 样例文档: texts and one-page PDFs, the same bytes from the same words.

Every one says that it is generated (合成数据) and stands for nothing real.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

KINDS: Final = {"approval": ("批准文件", "approval"), "completion": ("竣工资料", "completion")}
_STAMP: Final = "合成数据:由固定种子生成,与任何真实设施无关 Synthetic data, stands for nothing real"
_PAGE: Final = (595, 842)
"""A4 in points."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file: its name and bytes."""

    name: str
    content: bytes

    @property
    def sha256(self) -> bytes:
        """Digest of its bytes."""
        return hashlib.sha256(self.content).digest()


def paper(document: str, layer: str, asset: str, kind: str, issued_on: date) -> Paper:
    """The file of a document: an approval is a text, what was completed a PDF with a sketch.

    >>> paper("SYN-DOC-00001", "shelters", "SYN-SHE-00001", "approval", date(2020, 1, 1)).name
    'SYN-DOC-00001.txt'
    """
    zh, en = KINDS[kind]
    lines = (
        f"{zh} {en}",
        f"文档编号 document: {document}",
        f"图层 layer: {layer}",
        f"资产 asset: {asset}",
        f"日期 day: {issued_on:%Y-%m-%d}",
        _STAMP,
    )
    if kind == "approval":
        return Paper(f"{document}.txt", ("\n".join(lines) + "\n").encode())
    return Paper(f"{document}.pdf", _pdf(lines))


def _pdf(lines: Sequence[str]) -> bytes:
    """One page (ISO 32000-1): the lines in a font that readers bring along, and below them a framed cross."""
    told = [f"BT /F1 12 Tf 56 {760 - 24 * at} Td <{_hex(line)}> Tj ET" for at, line in enumerate(lines)]
    sketch = "0.6 w 56 320 240 160 re S 56 320 m 296 480 l S 56 480 m 296 320 l S"
    drawn = "\n".join((*told, sketch)).encode()
    width, height = _PAGE
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H"
        b" /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >>"
        b" /DW 1000 /W [1 95 500] >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880]"
        b" /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 626 /StemV 93 >>",
    )
    found = bytearray(b"%PDF-1.4\n%\xe4\xb8\x80\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(found))
        found += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    start = len(found)
    found += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    found += b"".join(b"%010d 00000 n \n" % place for place in places)
    found += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(found)


def _hex(line: str) -> str:
    return line.encode("utf-16-be").hex()
