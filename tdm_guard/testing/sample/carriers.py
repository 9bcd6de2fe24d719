"""
Files that carry their reservation with them, wherever they stand: a photo agency, a bookshop, a label.

What a C2PA manifest says is read with the extra `c2pa` alone; without it such a file is undetermined.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from tdm_guard.testing import content, files
from tdm_guard.testing.manifest import manifest_store
from tdm_guard.testing.sample._build import (
    PERMITTED,
    RESERVED,
    TDMREP,
    UNDETERMINED,
    UNRESERVED,
    Leaf,
    site,
    tdmrep,
)
from tdm_guard.testing.site import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Made = Callable[[bytes, str], bytes]

SEALED = RESERVED if find_spec("c2pa") else UNDETERMINED
_REFUSED = manifest_store(dict.fromkeys(("cawg.ai_training", "cawg.ai_generative_training"), "notAllowed"))
_RIGHTS = {"dc:creator": "Lightbox", "xmpRights:WebStatement": "http://lightbox.example/licences"}
_LICENCE = (
    '<dc:rights><rsl:rsl xmlns:rsl="https://rslstandard.org/rsl"><rsl:content url="/"><rsl:license>'
    '<rsl:prohibits type="usage">all</rsl:prohibits></rsl:license></rsl:content></rsl:rsl></dc:rights>'
)


def _mining(value: str) -> bytes:
    """The XMP of a picture with this value for data mining."""
    return files.xmp({"plus:DataMining": value, **_RIGHTS})


def _photo(value: str) -> Made:
    return lambda mark, _: files.jpeg(mark, _mining(value))


def _paper(**said: str) -> Made:
    return lambda mark, title: content.pdf(mark, title, files.xmp({f"tdm:{name}": text for name, text in said.items()}))


def _book(metadata: str, version: str = "3.0") -> Made:
    return lambda mark, title: files.epub(mark, title, metadata, version=version)


def _song(tags: Mapping[str, str], packet: bytes | None = None, store: bytes = b"") -> Made:
    return lambda mark, _: files.mp3(mark, tags, packet, store)


_POLICY = '<meta property="tdm:policy">http://inkwell.example/licences</meta>'

SITES = (
    site(
        "lightbox.example",
        "A photo agency: its pages say nothing, its photographs say it themselves.",
        Leaf(
            path="/",
            title="Lightbox",
            text="Photographs of the coast, licensed by the picture.",
            media=("/photos/gannet.jpg", "/photos/harbour-fog.jpg", "/photos/tide-pool.png"),
        ),
        Leaf(path="/licences", title="Licences", text="Write to us about the picture you want."),
        Leaf(
            path="/photos/gannet.jpg",
            title="Gannet, diving",
            made=_photo(f"{files.PLUS}DMI-PROHIBITED"),
            expected=RESERVED,
        ),
        Leaf(
            path="/photos/harbour-fog.jpg",
            title="Harbour in fog",
            made=_photo(f"{files.PLUS}DMI-PROHIBITED-GENAIMLTRAINING"),
            expected=RESERVED,
        ),
        Leaf(
            path="/photos/tide-pool.png",
            title="Tide pool",
            made=lambda mark, _: content.png(mark, _mining(f"{files.PLUS}DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING")),
            expected=RESERVED,
        ),
        Leaf(
            path="/photos/crab.jpg",
            title="Crab, sideways",
            made=_photo("DMI-PROHIBITED"),  # a key that lost its address: repair non_canonical_value
            expected=RESERVED,
        ),
        Leaf(
            path="/photos/lamp-room.jpg",
            title="In the lamp room",
            made=lambda mark, _: files.jpeg(mark, store=_REFUSED),
            expected=SEALED,
        ),
        Leaf(
            path="/photos/nets.jpg",
            title="Nets",
            headers=(("link", '<http://lightbox.example/manifests/nets.c2pa>; rel="c2pa-manifest"'),),
            expected=UNDETERMINED,  # what is only referenced is not fetched
        ),
        Leaf(
            path="/press/portrait.jpg",
            title="The founders",
            made=_photo(f"{files.PLUS}DMI-ALLOWED"),
            expected=PERMITTED,
        ),
        Leaf(
            path="/press/torn.jpg",
            title="A file that was cut while it was copied",
            made=lambda mark, _: files.jpeg(mark, _mining(f"{files.PLUS}DMI-ALLOWED")[:-80]),
            expected=UNDETERMINED,
        ),
        Leaf(path="/press/logo.jpg", title="Our logo"),
        expected=UNRESERVED,
    ),
    site(
        "pierside.example",
        "A gallery whose page says noimageai: of its pictures, which another host has, not of its words.",
        Leaf(
            path="/",
            title="Pierside",
            text="Paintings from the shed at the end of the pier.",
            head='    <meta name="robots" content="noimageai">',
            media=("http://pierside-cdn.example/squall.jpg", "http://pierside-cdn.example/net-loft.png"),
        ),
        expected=UNRESERVED,
    ),
    site(
        "pierside-cdn.example",
        "Where the gallery's pictures lie. One of them is shown nowhere, so that nothing was said of it.",
        Leaf(path="/frame.jpg", title="An empty frame"),
        expected=UNRESERVED,
        documents={  # listed nowhere: what becomes of them depends on whether the gallery's page was read before
            "/squall.jpg": Answer(
                headers=(("content-type", "image/jpeg"),),
                body=files.jpeg(content.marker("pierside-cdn.example", "/squall.jpg")),
            ),
            "/net-loft.png": Answer(
                headers=(("content-type", "image/png"),),
                body=content.png(content.marker("pierside-cdn.example", "/net-loft.png")),
            ),
        },
    ),
    site(
        "inkwell.example",
        "A bookshop: some books and papers reserve, some release; the backlist is reserved by the shop as well.",
        Leaf(path="/", title="Inkwell Books", text="New and old books about water."),
        Leaf(path="/licences", title="Licences", text="Publishers set the terms. We pass on your letter."),
        Leaf(
            path="/new/the-long-ebb.epub",
            title="The Long Ebb",
            made=_book(f'<meta property="tdm:reservation">1</meta>\n{_POLICY}'),
            expected=RESERVED,
        ),
        Leaf(
            path="/new/knots-for-children.epub",
            title="Knots for Children",
            made=_book('<meta name="tdm:reservation" content="1"/>', "2.0"),
            expected=RESERVED,
        ),
        Leaf(
            path="/new/open-water.epub",
            title="Open Water",
            made=_book('<meta property="tdm:reservation">0</meta>'),
            expected=PERMITTED,
        ),
        Leaf(
            path="/new/salt.epub",
            title="Salt",
            made=_book(_LICENCE),  # an RSL licence for this book
            expected=RESERVED,
        ),
        Leaf(
            path="/new/unbound.epub",
            title="Unbound",
            made=lambda mark, title: files.epub(mark, title, '<meta property="tdm:reservation">0</meta>')[:-30],
            expected=UNDETERMINED,
        ),
        Leaf(
            path="/papers/silt.pdf",
            title="On silt",
            made=_paper(reservation="1", policy="http://inkwell.example/licences"),
            expected=RESERVED,
        ),
        Leaf(path="/papers/tides.pdf", title="On tides", made=_paper(reservation="0"), expected=PERMITTED),
        Leaf(path="/papers/foam.pdf", title="On foam"),
        Leaf(
            path="/backlist/currents.epub",
            title="Currents",
            made=_book('<meta property="tdm:reservation">0</meta>'),  # the shop's 1 was heard before: repair C10
            expected=RESERVED,
        ),
        expected=UNRESERVED,
        documents={TDMREP: tdmrep(("/backlist/*", 1))},
    ),
    site(
        "foghorn.example",
        "A label: one recording says no in its metadata, one in its manifest, one has but a number.",
        Leaf(
            path="/",
            title="Foghorn Recordings",
            text="Field recordings and sea songs, as files.",
            media=("/sound/bell-buoy.mp3", "/sound/capstan.mp3", "/sound/kelp.flac"),
        ),
        Leaf(
            path="/sound/bell-buoy.mp3",
            title="Bell Buoy",
            made=_song({"TSRC": "ZZFOG2600001", "TPUB": "Foghorn"}, _mining(f"{files.PLUS}DMI-PROHIBITED")),
            expected=RESERVED,
        ),
        Leaf(
            path="/sound/capstan.mp3",
            title="Capstan",
            made=_song({"TSRC": "ZZFOG2600002"}, store=_REFUSED),
            expected=SEALED,
        ),
        Leaf(
            path="/sound/rigging.wav",
            title="Rigging",
            made=lambda mark, _: content.wav(mark, _mining(f"{files.PLUS}DMI-PROHIBITED-AIMLTRAINING")),
            expected=RESERVED,
        ),
        Leaf(
            path="/sound/kelp.flac",
            title="Kelp",
            made=lambda mark, _: files.flac(mark, (("ISRC", "ZZ-FOG-26-00003"),)),
            with_repertoire=RESERVED,  # found by its number among the recordings that were declared
        ),
        Leaf(path="/sound/gulls.mp3", title="Gulls"),
        expected=UNRESERVED,
    ),
)
