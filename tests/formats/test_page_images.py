"""The pictures that a page shows: where their addresses stand, how they are written, where the reading ends."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page.html import MAX_SHOWN, read_page
from tdm_guard.formats.page.page_images import (
    MAX_ADDRESS,
    MAX_CANDIDATES,
    MAX_IMAGES,
    MAX_WRITTEN,
    PageImages,
    candidates,
    page_images,
)
from tests.support.growth import grows_linearly

URL = "https://photos.example/gallery/1.html"


def images(document: str | bytes, *, url: str = URL, complete: bool = True, xml: bool = False) -> PageImages:
    body = document.encode() if isinstance(document, str) else document
    return page_images(read_page(body, url=url, charset="utf-8", complete=complete, xml=xml, shown=True))


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ("<img src=a.jpg>", "https://photos.example/gallery/a.jpg"),
        ("<IMG SRC='/a.jpg'>", "https://photos.example/a.jpg"),
        ("<img src=//cdn.example/a.jpg>", "https://cdn.example/a.jpg"),
        ("<img src='a.jpg?w=1&amp;h=2#top'>", "https://photos.example/gallery/a.jpg?w=1&h=2"),
        ("<base href='https://cdn.example/x/'><img src=a.jpg>", "https://cdn.example/x/a.jpg"),
        ("<img src=' \n a.jpg '>", "https://photos.example/gallery/a.jpg"),
        ("<img data-src=a.jpg src='data:image/gif;base64,R0lGOD'>", "https://photos.example/gallery/a.jpg"),
        ("<img data-original=/a.jpg>", "https://photos.example/a.jpg"),
        ("<img srcset='/a.jpg 2x'>", "https://photos.example/a.jpg"),
        ("<img data-srcset='/a.jpg 2x'>", "https://photos.example/a.jpg"),
        ("<picture><source srcset=/a.avif type=image/avif></picture>", "https://photos.example/a.avif"),
        ("<video poster=/a.jpg><source src=/film.mp4></video>", "https://photos.example/a.jpg"),
        ("<input type=image src=/a.png>", "https://photos.example/a.png"),
        ("<svg><image href=/a.png /></svg>", "https://photos.example/a.png"),
        ("<svg><image xlink:href=/a.png /></svg>", "https://photos.example/a.png"),
        ("<object type=image/svg+xml data=/a.svg></object>", "https://photos.example/a.svg"),
        ("<embed type=image/png src=/a.png>", "https://photos.example/a.png"),
        ("<amp-img src=/a.jpg></amp-img>", "https://photos.example/a.jpg"),
        ("<noscript><img src=/a.jpg></noscript>", "https://photos.example/a.jpg"),
        ("<template><img src=/a.jpg></template>", "https://photos.example/a.jpg"),
        ("<meta property=og:image content=https://cdn.example/a.jpg>", "https://cdn.example/a.jpg"),
        ("<meta property=og:image:secure_url content=/a.jpg>", "https://photos.example/a.jpg"),
        ("<meta name=twitter:image content=/a.jpg>", "https://photos.example/a.jpg"),
        ("<meta name='Twitter:Image:Src' content=/a.jpg>", "https://photos.example/a.jpg"),
        ("<meta itemprop=image content=/a.jpg>", "https://photos.example/a.jpg"),
        ("<link rel=image_src href=/a.jpg>", "https://photos.example/a.jpg"),
        ("<link rel=preload as=image href=/a.jpg>", "https://photos.example/a.jpg"),
        ("<link rel=preload as=image imagesrcset='/a.jpg 1x'>", "https://photos.example/a.jpg"),
        ("<link itemprop=image href=/a.jpg>", "https://photos.example/a.jpg"),
    ],
)
def test_a_picture_is_found(document: str, shown: str) -> None:
    assert images(document) == PageImages((shown,), complete=True)


@pytest.mark.parametrize(
    "document",
    [
        "<img>",
        "<img src=''>",
        "<img src='data:image/png;base64,AAAA'>",
        "<img src='blob:https://photos.example/1'>",
        "<img src='javascript:alert(1)'>",
        "<img src='file:///etc/passwd'>",
        "<img src='http://[::1/a.jpg'>",
        "<!-- <img src=a.jpg> -->",
        "<script>'<img src=a.jpg>'</script>",
        "<textarea><img src=a.jpg></textarea>",
        "<a href=a.jpg>picture</a>",
        "<audio><source src=a.mp3></audio>",
        "<input type=text src=a.png>",
        "<object data=film.swf></object>",
        "<embed src=page.html>",
        "<link rel=stylesheet href=a.css>",
        "<link rel=preload as=style href=a.css>",
        "<link rel=icon href=favicon.ico>",
        "<meta name=description content=/a.jpg>",
        "<meta property=og:image:width content=800>",
        "<img src=a.jpg",
    ],
)
def test_what_shows_no_picture_is_passed_over(document: str) -> None:
    assert images(document) == PageImages()


def test_without_being_asked_for_nothing_is_kept() -> None:
    page = read_page(b"<img src=a.jpg>", url=URL)
    assert page.shown == ()


def test_each_address_once_in_order() -> None:
    found = images("<meta property=og:image content=/b.jpg><img src=/a.jpg srcset='/a.jpg 1x, /b.jpg 2x, /c.jpg#x 3x'>")
    assert found.urls == tuple(f"https://photos.example/{name}.jpg" for name in "bac")


@pytest.mark.parametrize(
    ("srcset", "addresses"),
    [
        ("", []),
        (" , ,", []),
        ("a.jpg", ["a.jpg"]),
        ("a.jpg 1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("a.jpg 100w,b.jpg 200w", ["a.jpg", "b.jpg"]),
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg,b.jpg", ["a.jpg,b.jpg"]),  # as browsers read it
        ("w_200,h_100/a.jpg 200w, w_400,h_200/a.jpg 400w", ["w_200,h_100/a.jpg", "w_400,h_200/a.jpg"]),
        ("a.jpg calc(1px, 2px), b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg calc(1px, b.jpg", ["a.jpg"]),
        ("a.jpg,,, b.jpg", ["a.jpg", "b.jpg"]),
        ("data:image/png;base64,AA== 1x, b.jpg 2x", ["data:image/png;base64,AA==", "b.jpg"]),
        ("\n\ta.jpg\n  480w,\n\tb.jpg\n", ["a.jpg", "b.jpg"]),
    ],
)
def test_candidates(srcset: str, addresses: list[str]) -> None:
    assert list(candidates(srcset)) == addresses


def test_bounds_cut_and_say_so() -> None:
    many = "".join(f"<img src=/{n}.jpg>" for n in range(MAX_IMAGES + 1))
    assert images(many).complete is False
    assert len(images(many).urls) == MAX_IMAGES
    assert images("".join(f"<img src=/{n % 9}.jpg>" for n in range(MAX_IMAGES + 9))).complete is True
    others = "".join(f"<img src=x:{n} srcset='{','.join(f'y:{n}.{i} 2x' for i in range(9))}'>" for n in range(2_000))
    assert images(others).complete is True
    assert images(others + others.replace("y:", "z:")).complete is False
    assert MAX_WRITTEN == 20_000
    assert images("<img src=/1.jpg>" * (MAX_SHOWN + 1)).complete is False
    assert images(f"<img src=/{'x' * MAX_ADDRESS}><img src=/1.jpg>") == PageImages(
        ("https://photos.example/1.jpg",), complete=False
    )
    for more, complete in ((0, True), (1, False)):
        srcset = ", ".join(f"/{n}.jpg" for n in range(MAX_CANDIDATES + more))
        assert len([each for each in candidates(srcset) if each]) == MAX_CANDIDATES
        assert images(f"<img srcset='{srcset}'>").complete is complete


def test_a_prefix_gives_what_it_shows() -> None:
    assert images("<img src=/1.jpg><p>", complete=False) == PageImages(
        ("https://photos.example/1.jpg",), complete=False
    )


def test_an_inline_picture_of_any_size_is_no_address() -> None:
    assert images(f"<img src='data:image/png;base64,{'A' * 100_000}' data-src=/1.jpg>") == PageImages(
        ("https://photos.example/1.jpg",), complete=True
    )


@settings(max_examples=100)
@given(body=st.binary(max_size=300) | st.text("<>imgsrcet= '\",/.:#&;\n()a1x", max_size=300).map(str.encode))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    found = images(b"<img srcset='" + body + b"'><base href='" + body + b"'>" + body)
    assert all(url.startswith(("http://", "https://")) or url[:8].lower().startswith("http") for url in found.urls)
    assert len(set(found.urls)) == len(found.urls)


@settings(max_examples=100)
@given(
    addresses=st.lists(
        st.tuples(st.text("abc/.?=-_", min_size=1, max_size=8), st.booleans(), st.sampled_from("\"'")), max_size=8
    )
)
def test_img_tags_are_those_that_html5lib_finds(addresses: list[tuple[str, bool, str]]) -> None:
    document = "".join(
        f"<p><img alt=x src={mark}{text}{mark}>" if shown else f"<!--<img src={mark}{text}{mark}>-->"
        for text, shown, mark in addresses
    )
    tree = html5lib.parse(document, treebuilder="etree", namespaceHTMLElements=False)
    wanted = [element.get("src") for element in tree.iter("img")]
    page = read_page(document.encode(), url=URL, charset="utf-8", shown=True)
    assert [tag.attributes["src"] for tag in page.shown] == wanted


@pytest.mark.parametrize("piece", ["<img srcset='", "a,", " (", "<img src=x srcset=a", ","])
def test_time_is_linear(piece: str) -> None:
    assert grows_linearly(lambda n: images("<img srcset='" + piece * n + "'>" + piece * n), 40_000)
