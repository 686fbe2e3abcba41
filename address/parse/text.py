"""Texts as code points 文本: many as one array with offsets, and the folded form of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from address.parse.fold import LONGEST_EXPANSION, fold_text, folding


def code_points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All characters of the texts one after the other, and where each text begins; at last the end."""
    offset = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offset[1:])
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).copy(), offset


def code_points_of(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Those of one text, which as a list of one would take longer."""
    codes = np.frombuffer(bytearray(text.encode("utf-32-le", "surrogatepass")), np.uint32)
    return codes, np.array((0, codes.size), np.int64)


def normalise(text: str) -> str:
    """The text in one writing of each character, without white space where that parts nothing.

    >>> normalise("山東省　壽光市聖城街道１２＃２－５０１")
    '山东省寿光市圣城街道12#2-501'
    """
    codes, _ = code_points([text])
    table = folding()
    size = len(text) * LONGEST_EXPANSION + 1
    out, origin, parted = np.empty(size, np.uint32), np.empty(size, np.int32), np.empty(size, np.bool_)
    n = fold_text(
        codes, table.single, table.first, table.count, table.several, table.kind, out, origin, parted
    )
    return spoken(out[:n].tobytes().decode("utf-32-le", "surrogatepass"), parted[:n])


def spoken(text: str, parted: NDArray[np.bool_]) -> str:
    """A folded text as one reads it; a space stays where it keeps two numbers or letters apart."""
    for at in np.flatnonzero(parted)[::-1].tolist():
        if at and (text[at - 1] + text[at]).isascii() and text[at - 1].isalnum() and text[at].isalnum():
            text = f"{text[:at]} {text[at:]}"
    return text


def folded_words(words: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Words as the folded characters under which a lexicon keeps them."""
    table = folding()
    codes, offset = code_points(words)
    out = np.empty(codes.size * LONGEST_EXPANSION + 1, np.uint32)
    origin, parted = np.empty(out.size, np.int32), np.empty(out.size, np.bool_)
    n = fold_text(
        codes, table.single, table.first, table.count, table.several, table.kind, out, origin, parted
    )
    # Where each word begins among the folded characters: the first that came from at or behind its start.
    return out[:n].copy(), np.searchsorted(origin[:n], offset).astype(np.int64)
