"""The tree of RFC 6962 against the definitions of the RFC, written out, and its published vectors."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from water.archive import merkle

# The eight entries that Certificate Transparency implementations share, and roots over the first n.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}  # fmt: skip


def written_out(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as it stands there."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\1" + written_out(entries[:split]) + written_out(entries[split:])).digest()


def test_published_vectors() -> None:
    hashes = [merkle.leaf_hash(entry) for entry in ENTRIES]
    for size, root in ROOTS.items():
        assert merkle.root(hashes[:size]).hex() == root


lists = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


@given(lists)
def test_root_is_the_definition(entries: list[bytes]) -> None:
    assert merkle.root([merkle.leaf_hash(each) for each in entries]) == written_out(entries)


@given(lists, st.data())
def test_inclusion(entries: list[bytes], data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(each) for each in entries]
    index = data.draw(st.integers(0, len(hashes) - 1))
    proof, root = merkle.inclusion_proof(index, hashes), merkle.root(hashes)
    assert merkle.included(hashes[index], index, len(hashes), proof, root)
    assert not merkle.included(merkle.leaf_hash(b"forged entry"), index, len(hashes), proof, root)
    assert not merkle.included(hashes[index], index, len(hashes), [*proof, root], root)
    if proof:
        spoiled = [bytes(32), *proof[1:]]
        assert not merkle.included(hashes[index], index, len(hashes), spoiled, root)
        assert not merkle.included(hashes[index], index, len(hashes), proof[:-1], root)


@given(lists, st.data())
def test_consistency(entries: list[bytes], data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(each) for each in entries]
    older = data.draw(st.integers(1, len(hashes)))
    old, new = merkle.root(hashes[:older]), merkle.root(hashes)
    proof = merkle.consistency_proof(older, hashes)
    assert merkle.consistent(older, old, len(hashes), new, proof)
    forged = merkle.root([merkle.leaf_hash(b"rewritten"), *hashes[1:older]])
    if forged != old:
        assert not merkle.consistent(older, forged, len(hashes), new, proof)
