"""The file 文件格式: objects, packed streams and the table of where they lie (ISO 32000-1, PDF 1.7).

A stream is packed while it is written, so a sheet of any size is never held whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

POINTS_PER_MM = 72 / 25.4
_LEVEL = 6
_HELD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Ref:
    """An object of the file by its number."""

    number: int

    def __str__(self) -> str:
        return f"{self.number} 0 R"


class PdfFile:
    """A file under construction; ``finish`` closes it."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._at = 0
        self._places: dict[int, int] = {}
        self._numbers = 0
        self._write(b"%PDF-1.7\n%\xe4\xb8\x80\xe5\xbc\xa0\n")

    def reserve(self) -> Ref:
        """A number for an object that is written later."""
        self._numbers += 1
        return Ref(self._numbers)

    def put(self, content: str, ref: Ref | None = None) -> Ref:
        """An object that is no stream; its text is ASCII."""
        ref = ref or self.reserve()
        self._begin(ref)
        self._write(content.encode("ascii") + b"\nendobj\n")
        return ref

    def packed(self, entries: str, content: bytes, ref: Ref | None = None, *, as_is: bool = False) -> Ref:
        """A stream that is at hand; ``as_is``: it is packed in a way that ``entries`` tell."""
        ref = ref or self.reserve()
        said = content if as_is else zlib.compress(content, _LEVEL)
        packing = "" if as_is else " /Filter /FlateDecode"
        self._begin(ref)
        self._write(f"<< {entries} /Length {len(said)}{packing} >>\nstream\n".encode("ascii"))
        self._write(said + b"\nendstream\nendobj\n")
        return ref

    def stream(self, entries: str = "", ref: Ref | None = None) -> Stream:
        """A stream that is written piece by piece; nothing else is written to the file meanwhile."""
        return Stream(self, entries, ref or self.reserve())

    def finish(self, root: Ref, info: Ref, mark: str) -> None:
        """The table of places and the end; ``mark`` is 32 hexadecimal digits that name this file."""
        start = self._at
        lines = [f"xref\n0 {self._numbers + 1}\n0000000000 65535 f \n"]
        for number in range(1, self._numbers + 1):
            place = self._places.get(number)
            lines.append("0000000000 65535 f \n" if place is None else f"{place:010} 00000 n \n")
        lines.append(
            f"trailer\n<< /Size {self._numbers + 1} /Root {root} /Info {info} /ID [<{mark}> <{mark}>] >>\n"
            f"startxref\n{start}\n%%EOF\n"
        )
        self._write("".join(lines).encode("ascii"))

    def _begin(self, ref: Ref) -> None:
        self._places[ref.number] = self._at
        self._write(f"{ref.number} 0 obj\n".encode("ascii"))

    def _write(self, content: bytes) -> None:
        self._target.write(content)
        self._at += len(content)


class Stream:
    """A packed stream under construction; its length stands in an object of its own after it."""

    def __init__(self, file: PdfFile, entries: str, ref: Ref) -> None:
        self._file = file
        self._length = file.reserve()
        self._start = 0
        self._packer = zlib.compressobj(_LEVEL)
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._entries = entries
        self.ref = ref

    def __enter__(self) -> Stream:
        self._file._begin(self.ref)
        head = f"<< {self._entries} /Length {self._length} /Filter /FlateDecode >>\nstream\n"
        self._file._write(head.encode("ascii"))
        self._start = self._file._at
        return self

    def write(self, operators: str) -> None:
        """Operators of the page, ASCII."""
        content = operators.encode("ascii") + b"\n"
        self._held.append(content)
        self._held_bytes += len(content)
        if self._held_bytes >= _HELD_BYTES:
            self._pack()

    def _pack(self) -> None:
        self._file._write(self._packer.compress(b"".join(self._held)))
        self._held, self._held_bytes = [], 0

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if failure is not None:
            return
        self._pack()
        self._file._write(self._packer.flush())
        length = self._file._at - self._start
        self._file._write(b"\nendstream\nendobj\n")
        self._file.put(str(length), self._length)


def number(value: float) -> str:
    """A number as short as ten-thousandths allow; of millimetres a tenth of a micrometre.

    >>> number(12.50), number(-0.00001), number(3)
    ('12.5', '0', '3')
    """
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def numbers(*values: float) -> str:
    """Numbers with spaces between them."""
    return " ".join(number(value) for value in values)


def text_string(text: str) -> str:
    """A text of the document's description, UTF-16 with its mark."""
    return f"<{(chr(0xFEFF) + text).encode('utf-16-be', 'replace').hex()}>"


def rgb(color: str) -> str:
    """``#rrggbb`` as three shares.

    >>> rgb("#ff0080")
    '1 0 0.502'
    """
    shares = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return " ".join(f"{share:.3f}".rstrip("0").rstrip(".") for share in shares)


def named(entries: Iterable[tuple[str, Ref]]) -> str:
    """A dictionary of names to objects."""
    return "<< " + " ".join(f"/{name} {ref}" for name, ref in entries) + " >>"
