"""C2PA manifests in pages and in plain text: in a script, behind variation selectors, in armour, or only named."""

from __future__ import annotations

import struct
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, evaluate
from tdm_guard.formats.files import text
from tests.support.memory import peak
from tests.support.signing import Signer, store_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NONE = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json")}
KEY = "cawg.ai_generative_training"
LINK = '<link rel="c2pa-manifest" href="https://site.example/a.c2pa">'


@pytest.fixture(scope="module")
def stores() -> dict[str, bytes]:
    """Manifest stores that refuse, permit, and say nothing of training."""
    signer = Signer.make()
    song = b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 10 + (b"\xff\xfb\x90\0" + b"\0" * 413) * 20
    said = {"no": {KEY: {"use": "notAllowed"}}, "yes": {KEY: {"use": "allowed"}}, "silent": None}
    return {name: store_of(signer.sign(song, "audio/mpeg", entries)) for name, entries in said.items()}


def judged(body: bytes | str, media_type: str = "text/html", **how: Any) -> Decision:
    return evaluate(
        "https://site.example/a", status=200, headers=[("content-type", media_type)],
        body=body if isinstance(body, bytes) else body.encode(), policies=NONE, now=NOW, usages={"ai-training"}, **how,
    )  # fmt: skip


def page(*tags: str) -> str:
    return f"<!doctype html><html><head><title>t</title>{''.join(tags)}</head><body>words</body></html>"


def script(store: bytes, more: str = "") -> str:
    return f'<script type="application/c2pa"{more}>\n{b64encode(store).decode()}\n</script>'


def unseen(store: bytes) -> str:
    wrapped = b"C2PATXT\0" + struct.pack(">BI", 1, len(store)) + store
    return "\ufeff" + "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in wrapped)


def armour(inner: str, comment: str = "") -> str:
    lines = ["-----BEGIN C2PA MANIFEST-----", *(inner[at : at + 64] for at in range(0, len(inner), 64))]
    return "\n".join(comment + line for line in [*lines, "-----END C2PA MANIFEST-----"])


VERDICTS = [("no", "reserved"), ("yes", "unreserved"), ("silent", "unreserved")]


@pytest.mark.parametrize(("name", "verdict"), VERDICTS)
def test_a_store_in_a_script_speaks_for_the_page(stores: dict[str, bytes], name: str, verdict: str) -> None:
    for head in ((script(stores[name]),), (LINK, script(stores[name]))):
        decision = judged(page(*head))
        assert decision.verdict == verdict
        if verdict == "reserved":
            [words] = decision.because
            assert (words.signal, words.carrier) == ("c2pa", "html")


@pytest.mark.parametrize(
    "tag",
    [
        LINK,
        '<link rel="C2PA-Manifest alternate">',
        '<script type="application/c2pa">AAAAFWp1bWI=</script>',
        '<script type="application/c2pa">no base64!</script>',
        '<script type="application/c2pa"></script>',
        '<script type="application/c2pa" src="/a.c2pa"></script>',
        '<script type="Application/C2PA; x=y">AAAA</script>',
    ],
)
def test_what_is_named_or_cannot_be_read_is_undetermined(tag: str) -> None:
    for posture in ("cautious", "literal"):
        assert judged(page(tag), posture=posture).verdict == "undetermined"
    assert judged(page(tag), signals=["robots", "tdmrep"]).verdict == "unreserved"


@pytest.mark.parametrize(
    "tag",
    [
        '<link rel="alternate" href="/c2pa-manifest">',
        "<!-- " + LINK + " -->",
        "<template>" + LINK + "</template>",
        '<script type="text/javascript">var c2pa = "c2pa-manifest"</script>',
        '<meta name="description" content="about c2pa">',
    ],
)
def test_a_page_about_manifests_has_none(tag: str) -> None:
    assert judged(page(tag)).verdict == "unreserved"


@pytest.mark.parametrize("media_type", ["text/plain", "text/plain; charset=utf-8", "text/markdown", "text/vtt"])
@pytest.mark.parametrize(("name", "verdict"), VERDICTS)
def test_a_store_in_a_text_is_heard(stores: dict[str, bytes], media_type: str, name: str, verdict: str) -> None:
    store = stores[name]
    coded = b64encode(store).decode()
    for said in (
        "Words." + unseen(store),
        unseen(store) + "Words.",
        f"WEBVTT\n\nNOTE\n{armour(coded)}\n",
        armour(coded, "# "),
        armour(coded, "// "),
        armour("data:application/c2pa;base64," + coded),
    ):
        decision = judged(said, media_type)
        assert decision.verdict == verdict
        assert decision.stage == "asset"


@pytest.mark.parametrize("media_type", ["text/plain", "text/vtt"])
def test_a_store_in_a_text_that_cannot_be_read_is_undetermined(stores: dict[str, bytes], media_type: str) -> None:
    store = stores["no"]
    for said in (
        unseen(store)[:-40],
        unseen(b""),
        armour("https://site.example/a.c2pa"),
        armour("no base64!"),
        "-----BEGIN C2PA MANIFEST-----\nAAAA",
        armour(b64encode(b"other").decode()),
    ):
        assert judged(said, media_type).verdict == "undetermined"


@pytest.mark.parametrize("padding", range(4))
def test_a_sign_of_comments_that_is_a_letter_of_base64_does_no_harm(padding: int) -> None:
    store = (16 + padding).to_bytes(4, "big") + b"jumb" + bytes(8 + padding)
    found = text.read(armour(b64encode(store).decode(), "// ").encode(), complete=True)
    assert [packet.data for packet in found.packets] == [store]


def test_what_is_hostile_costs_little() -> None:
    """Signs of comments and selectors without end, in armour and out of it: bounded in time and memory."""
    for hostile in (b"#" * 2**21, "\ufe00".encode() * 2**19, b"# \n" * 2**19):
        body = text._UNSEEN + hostile + text._BEGIN + hostile + text._END
        asset, most = peak(lambda body=body: text.read(b"\xef\xbb\xbf" + body, complete=True))
        assert asset.unread or asset.packets
        assert most < 3 * len(body) + 8 * 2**20


def test_a_large_text_is_judged_by_what_came_of_it() -> None:
    assert judged(b"word " * (text.ENOUGH // 5 + 1), "text/plain", body_complete=False).verdict == "unreserved"


def test_the_rest_of_a_text_may_hold_one() -> None:
    assert judged("Words.", "text/plain").verdict == "unreserved"
    assert (
        judged("\ufeffWords with a heart ❤\ufe0f and -----BEGIN PGP MESSAGE-----", "text/plain").verdict == "unreserved"
    )
    assert judged("Words.", "text/plain", body_complete=False).verdict == "undetermined"


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    for body in (data, b"\xef\xbb\xbf" + text._UNSEEN + data, text._BEGIN + data + text._END):
        text.read(body, complete=True)


@pytest.mark.parametrize(
    "form", [unseen, lambda store: armour(b64encode(store).decode()) + "\n"], ids=["unseen", "armour"]
)
def test_stores_behind_the_fourth_are_undetermined(stores: dict[str, bytes], form: Callable[[bytes], str]) -> None:
    four = "".join(f"{n} {form(stores['silent'])} words\n" for n in range(text.MAX_STORES))
    assert judged(four, "text/plain").verdict == "unreserved"
    assert judged(four + form(stores["no"]), "text/plain").verdict == "undetermined"
    assert judged(form(stores["no"]) + four, "text/plain").verdict == "reserved"
