"""The Merkle tree of RFC 6962 §2.1 默克尔树: root, inclusion proof, consistency proof. Pure, SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256


def leaf_hash(data: bytes) -> bytes:
    """Hash of an entry: SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The tree's root over leaf hashes; of none, the hash of nothing.

    >>> root([]).hex()[:16]
    'e3b0c44298fc1c14'
    """
    stack = Frontier()
    for leaf in leaves:
        stack.add(leaf)
    return stack.root()


class Frontier:
    """The full subtrees of a tree that grows: what is needed to go on and to tell the root."""

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf hash."""
        self._nodes.append(leaf)
        self.size += 1
        full = self.size
        while full % 2 == 0:
            right = self._nodes.pop()
            self._nodes[-1] = node_hash(self._nodes[-1], right)
            full //= 2

    def root(self) -> bytes:
        """Root of the tree so far."""
        if not self._nodes:
            return sha256(b"").digest()
        found = self._nodes[-1]
        for left in reversed(self._nodes[:-1]):
            found = node_hash(left, found)
        return found


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The audit path of one leaf, from the leaf up (RFC 6962 §2.1.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    return list(_path(index, leaves))


def _path(index: int, leaves: Sequence[bytes]) -> Iterator[bytes]:
    if len(leaves) == 1:
        return
    split = _split(len(leaves))
    if index < split:
        yield from _path(index, leaves[:split])
        yield root(leaves[split:])
    else:
        yield from _path(index - split, leaves[split:])
        yield root(leaves[:split])


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether the path leads from the leaf to the root of that many leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(step, found)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            found = node_hash(found, step)
        place, last = place // 2, last // 2
    return last == 0 and found == expected


def consistency_proof(older: int, leaves: Sequence[bytes]) -> list[bytes]:
    """That the first ``older`` leaves are a prefix of all (RFC 6962 §2.1.2)."""
    if not 0 < older <= len(leaves):
        raise IndexError(older)
    return list(_consistency(older, leaves, whole=True))


def _consistency(older: int, leaves: Sequence[bytes], *, whole: bool) -> Iterator[bytes]:
    if older == len(leaves):
        if not whole:
            yield root(leaves)
        return
    split = _split(len(leaves))
    if older <= split:
        yield from _consistency(older, leaves[:split], whole=whole)
        yield root(leaves[split:])
    else:
        yield from _consistency(older - split, leaves[split:], whole=False)
        yield root(leaves[:split])


def consistent(older: int, old: bytes, newer: int, new: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the newer tree holds the older one unchanged at its beginning (RFC 9162 §2.1.4.2)."""
    if not 0 < older <= newer:
        return False
    if older == newer:
        return not proof and old == new
    steps = [old, *proof] if older & (older - 1) == 0 else list(proof)
    if not steps:
        return False
    place, last = older - 1, newer - 1
    while place % 2:
        place, last = place // 2, last // 2
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            after = node_hash(after, step)
        place, last = place // 2, last // 2
    return last == 0 and before == old and after == new


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
