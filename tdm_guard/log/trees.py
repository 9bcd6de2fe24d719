"""
The three trees of a run (`docs/proofs.md`): over its decisions, the addresses it admitted, and their domains.

strategy: the tree of decisions grows with each; addresses and domains are only known in order at the end of the run,
so that their digests are kept until then, in bounded memory. What comes one by one is taken in many at a time.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tdm_guard.log.canonical import canonical, digest_of_text, domain_of, host_of, suffixes_digest
from tdm_guard.log.merkle import BLOCK, Tree
from tdm_guard.log.sorting import KEY, Sorted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SEQ = 8  # bytes of a number of a decision behind a digest
MAX_WAITING = 64 * 1024  # characters of addresses that wait to be taken in: a block of decisions has less
MAX_RECENT = 20_000  # hosts remembered whose domain is in the tree already, 2 MB: a broad crawl goes round as many

# What an address has behind its host that is in its one spelling, if there are no dots behind a slash
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~/=&,;:@!'()+$*.[]-?"
_site_of = re.compile(rb"https?://((?:[a-z0-9._-]*\.)?[a-z_-][a-z0-9_-]*)/").fullmatch  # the beginning of one that is


class Trees:
    """
    The trees of one run, while it goes on.

    A writer calls `decided` once for each decision record, in order of `seq` and after it was written, and puts
    `stated()` as `trees` into the end record. Of a decision that admitted content (`admitted` and `content`) it gives
    the addresses `url`, `final_url` and all `hops` as they stand in the record, redacted, in any spelling; of another
    one none. Not safe for threads. `OSError` is raised where temporary files cannot be written: the log cannot go on.

    With `numbered`, the first decision of each address and domain is kept with it: `addresses` and `domains`.
    """

    __slots__ = (
        "_addresses", "_decisions", "_domains", "_hashes", "_numbered", "_recent", "_sites", "_stated", "_waiting",
        "_waiting_size",
    )  # fmt: skip

    def __init__(self, *, numbered: bool = False) -> None:
        width = KEY + SEQ if numbered else KEY
        self._numbered = numbered
        self._hashes: list[str] = []  # of decisions that wait to be taken in, and what they admitted
        self._waiting: list[str] = []
        self._waiting_size = 0
        self._decisions = Tree()
        self._addresses = Sorted(width)
        self._domains = Sorted(width)
        self._recent: set[str] = set()
        self._sites: set[bytes] = set()
        self._stated: dict[str, Any] | None = None

    def decided(self, hash_hex: str, addresses: Iterable[str] = ()) -> None:
        """The next decision, by the `hash` of its record, and the addresses whose content it admitted."""
        if self._numbered:
            self._decisions.add(bytes.fromhex(hash_hex))
            for address in dict.fromkeys(addresses):
                self._admitted(canonical(address))
            return
        self._hashes.append(hash_hex)
        last = None
        for address in addresses:
            if address != last:
                last = address
                self._waiting.append(address)
                self._waiting_size += len(address)
        if len(self._hashes) >= BLOCK or self._waiting_size >= MAX_WAITING:
            self._take_in()

    def _take_in(self) -> None:
        """What waits."""
        if not self._hashes:
            return
        hashes, waiting = self._hashes, self._waiting
        self._hashes, self._waiting, self._waiting_size = [], [], 0
        octets = [address.encode() for address in waiting if address.isascii()]
        if len(octets) < len(waiting):
            for address in waiting:
                if not address.isascii():
                    self._admitted(canonical(address))
        self._extend(map(str.encode, hashes), octets)

    def extend(self, hashes: Iterable[bytes], addresses: Sequence[bytes]) -> None:
        """The next decisions, and what they admitted, all in ASCII. Not with `numbered`: it is not said which did."""
        if self._numbered:
            raise ValueError("the decision of each address is to be kept")
        self._take_in()
        self._extend(hashes, addresses)

    def _extend(self, hashes: Iterable[bytes], addresses: Sequence[bytes]) -> None:
        self._decisions.extend(map(unhexlify, hashes))
        joined = b"".join(addresses)
        if joined.translate(None, _PLAIN) or b"/." in joined:
            plain = []
            for address in addresses:
                if address.translate(None, _PLAIN) or b"/." in address:
                    self._admitted(canonical(address.decode()))
                else:
                    plain.append(address)
            addresses = plain
        sites = [address[: address.find(b"/", 8) + 1] for address in addresses]
        if odd := self._meets({*sites} - self._sites):
            for address, site in zip(addresses, sites, strict=True):
                if site in odd:
                    self._admitted(canonical(address.decode()))
            addresses = [address for address, site in zip(addresses, sites, strict=True) if site not in odd]
        self._addresses.extend([sha256(address).digest() for address in addresses])

    def _meets(self, sites: set[bytes]) -> set[bytes]:
        """Notes the domains of new beginnings of addresses; those of them that may be spelt otherwise it gives back."""
        found = {site: _site_of(site) for site in sites}
        hosts = [each[1].decode() for each in found.values() if each is not None]
        self._domains.extend([digest_of_text(domain_of(host)) for host in hosts])
        if len(self._sites) >= MAX_RECENT:
            self._sites.clear()
        odd = {site for site, each in found.items() if each is None}
        self._sites |= sites - odd
        return odd

    def _admitted(self, address: str) -> None:
        tail = self._decisions.size.to_bytes(SEQ, "big") if self._numbered else b""
        octets = address.encode() if address.isascii() else address.encode("utf-8", "backslashreplace")
        self._addresses.add(sha256(octets).digest() + tail)
        place = address.split("/", 3)[2:3]
        if place and place[0] not in self._recent:
            host = host_of(address)
            if host is None:
                return
            self._domains.add(digest_of_text(domain_of(host)) + tail)
            if len(self._recent) >= MAX_RECENT:
                self._recent.clear()
            self._recent.add(place[0])

    @property
    def addresses(self) -> Iterator[bytes]:
        """The entries of the tree of addresses in order: digest, and with `numbered` the `seq` in eight bytes."""
        self._take_in()
        return iter(self._addresses)

    @property
    def domains(self) -> Iterator[bytes]:
        """The entries of the tree of domains, likewise."""
        self._take_in()
        return iter(self._domains)

    def stated(self) -> dict[str, Any]:
        """
        What the end record has as `trees`: size and root of each, and by which public suffix list domains were told.

        It reads back what was put away: two seconds for a million addresses.
        """
        if self._stated is None:
            self._take_in()
            self._stated = {
                "decisions": in_record(self._decisions),
                "addresses": in_record(tree_of(self._addresses)),
                "domains": {**in_record(tree_of(self._domains)), "suffixes": suffixes_digest()},
            }
        return self._stated

    def close(self) -> None:
        """Gives the space back; again: no effect."""
        self._addresses.close()
        self._domains.close()


def in_record(tree: Tree) -> dict[str, Any]:
    """Size and root, as records have them."""
    return {"size": tree.size, "root": tree.digest().hex()}


def tree_of(entries: Sorted) -> Tree:
    """The tree over the digests with which entries begin."""
    tree = Tree()
    for batch in entries.batches():
        tree.extend(batch if entries.width == KEY else [entry[:KEY] for entry in batch])
    return tree


def admitted_addresses(record: Mapping[str, Any]) -> list[str]:
    """The addresses of a decision record that belong into the trees: those of the journey of admitted content."""
    if record.get("admitted") is not True or record.get("content") is not True:
        return []
    hops = record.get("hops")
    found = [record.get("url"), record.get("final_url"), *(hops if isinstance(hops, list) else ())]
    return [address for address in found if isinstance(address, str)]
