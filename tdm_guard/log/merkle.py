"""
Merkle trees of RFC 9162 2.1 over SHA-256: roots, inclusion paths, and whether a path leads to a root.

    MTH({}) = H("");  MTH({d}) = H(0x00 || d);  MTH(D) = H(0x01 || MTH(D[0:k]) || MTH(D[k:n]))

with k the largest power of two below n. Folding a row of nodes in pairs, the odd last one carried up, gives the same
tree; so it may stand on nodes of a whole level, with one that is not full at the end.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY = sha256(b"").digest()
BLOCK = 256  # leaves under one node that is kept, where not all are: a path reads as many


def leaf_hash(data: bytes) -> bytes:
    """The node of one entry."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node above two."""
    return sha256(b"\x01" + left + right).digest()


class Root:
    """
    The root of a tree that grows at its end; keeps one node for each full subtree, log2(size) of them.

    `add` takes nodes, all of the same level: the `leaf_hash` of each entry, or the root of each full block of them.
    """

    __slots__ = ("_stack", "size")

    def __init__(self) -> None:
        self._stack: list[bytes] = []
        self.size = 0

    def add(self, node: bytes) -> None:
        """The next node."""
        self.size = size = self.size + 1
        stack = self._stack
        while not size & 1:
            node = sha256(b"\x01" + stack.pop() + node).digest()
            size >>= 1
        stack.append(node)

    def digest(self) -> bytes:
        """The root of what was added until now."""
        root = b""
        for left in reversed(self._stack):
            root = node_hash(left, root) if root else left
        return root or EMPTY

    def with_last(self, root: bytes) -> bytes:
        """The root with one more node behind the others, which may stand for less than they do."""
        for left in reversed(self._stack):
            root = node_hash(left, root)
        return root


class Tree:
    """A tree over entries that come one by one. A block of them is hashed at a time, which takes half as long."""

    __slots__ = ("_above", "_pending")

    def __init__(self) -> None:
        self._above = Root()
        self._pending: list[bytes] = []

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._above.size * BLOCK + len(self._pending)

    def add(self, entry: bytes) -> None:
        """The next entry."""
        self._pending.append(entry)
        if len(self._pending) == BLOCK:
            self._above.add(root_of_entries(self._pending))
            self._pending.clear()

    def extend(self, entries: Iterable[bytes]) -> None:
        """The next entries."""
        pending = self._pending
        pending.extend(entries)
        full = len(pending) - len(pending) % BLOCK
        for at in range(0, full, BLOCK):
            self._above.add(root_of_entries(pending[at : at + BLOCK]))
        del pending[:full]

    def digest(self) -> bytes:
        """The root of what was added until now."""
        if not self._pending:
            return self._above.digest()
        last = root_of_entries(self._pending)
        return self._above.with_last(last)


def root_of_entries(entries: Sequence[bytes]) -> bytes:
    """The root of a tree of entries that are all there."""
    nodes = [sha256(b"\x00" + entry).digest() for entry in entries]
    while len(nodes) > 1:
        odd = nodes[-1:] if len(nodes) & 1 else []
        nodes = [sha256(b"\x01" + a + b).digest() for a, b in zip(nodes[::2], nodes[1::2], strict=False)] + odd
    return nodes[0] if nodes else EMPTY


def root_of(nodes: Sequence[bytes]) -> bytes:
    """The root above nodes of one level."""
    root = Root()
    for node in nodes:
        root.add(node)
    return root.digest()


def path_of(nodes: Sequence[bytes], index: int) -> list[bytes]:
    """What stands beside the way from the node at `index` to the root, from below (RFC 9162 2.1.3.1)."""
    path = []
    while len(nodes) > 1:
        beside = index ^ 1
        if beside < len(nodes):
            path.append(nodes[beside])
        above = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes) - 1, 2)]
        if len(nodes) & 1:
            above.append(nodes[-1])
        nodes, index = above, index >> 1
    return path


def leads(node: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """True if `path` leads from the leaf node at `index` of a tree of `size` to `root` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last = index, size - 1
    for beside in path:
        if last == 0:
            return False  # longer than the tree is high
        if first & 1 or first == last:
            node = node_hash(beside, node)
            while not first & 1 and first:
                first >>= 1
                last >>= 1
        else:
            node = node_hash(node, beside)
        first >>= 1
        last >>= 1
    return last == 0 and node == root
