"""Trees of RFC 9162: the roots everybody gets, the recursive definition, and paths that lead nowhere else."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.log.merkle import EMPTY, Root, Tree, leads, leaf_hash, node_hash, path_of, root_of, root_of_entries

INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
sizes = st.integers(1, 70)


def nodes(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]


def by_definition(found: list[bytes]) -> bytes:
    if len(found) < 2:
        return found[0] if found else sha256(b"").digest()
    k = 1 << (len(found) - 1).bit_length() - 1
    return node_hash(by_definition(found[:k]), by_definition(found[k:]))


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of([leaf_hash(bytes.fromhex(text)) for text in INPUTS[:size]]).hex() == ROOTS[size]


@given(st.integers(0, 300) | st.sampled_from([511, 512, 513, 768, 1000]))
@settings(max_examples=60)
def test_a_tree_that_grows_is_the_recursive_one(size: int) -> None:
    root, tree = Root(), Tree()
    entries = [number.to_bytes(2, "big") for number in range(size)]
    for node, entry in zip(nodes(size), entries, strict=True):
        root.add(node)
        tree.add(entry)
    assert root.size == tree.size == size
    assert root.digest() == by_definition(nodes(size)) == root_of(nodes(size))
    assert tree.digest() == tree.digest() == root_of_entries(entries) == root.digest()
    assert size or root.digest() == EMPTY


@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33, 64])
def test_the_path_of_every_leaf_leads_to_the_root(size: int) -> None:
    row = nodes(size)
    root = root_of(row)
    for index, node in enumerate(row):
        assert leads(node, index, size, path_of(row, index), root)
    assert not leads(row[0], size, size, path_of(row, 0), root)
    assert not leads(row[0], -1, size, path_of(row, 0), root)


@given(sizes, st.data())
@settings(max_examples=100)
def test_no_edited_path_leads_there(size: int, data: st.DataObject) -> None:
    row = nodes(size)
    root, index = root_of(row), data.draw(st.integers(0, size - 1))
    path = path_of(row, index)
    edits = [[*path, root], [root, *path]]
    edits += [[*path[:at], *path[at + 1 :]] for at in range(len(path))]
    edits += [[*path[:at], bytes(32), *path[at + 1 :]] for at in range(len(path))]
    edits += [[*path[:at], path[at + 1], path[at], *path[at + 2 :]] for at in range(len(path) - 1)]
    for edited in edits:
        assert not leads(row[index], index, size, edited, root)
    assert not leads(leaf_hash(b"another"), index, size, path, root)
    assert not leads(row[index], index, size, path, bytes(32))


@given(sizes, st.data())
@settings(max_examples=60)
def test_a_leaf_of_the_first_or_last_place_is_at_no_other_end(size: int, data: st.DataObject) -> None:
    """The root does not commit to the size; the turns of a path still tell first, last and neighbours."""
    row = nodes(size)
    root, index = root_of(row), data.draw(st.integers(0, size - 1))
    path = path_of(row, index)
    for claimed in range(1, 80):
        assert not (index and leads(row[index], 0, claimed, path, root))
        assert not (index < size - 1 and leads(row[index], claimed - 1, claimed, path, root))
