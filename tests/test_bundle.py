"""The serial form of what documents answered: it comes back as it was, and nothing else comes of anything else."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.cache import bundle as kept_form
from tdm_guard.cache import serial as form
from tdm_guard.cache.bundle import Bundle, KeptAnswer
from tdm_guard.cache.serial import Damaged, Newer, pack, unpack
from tdm_guard.drive import run
from tdm_guard.guard import Guard
from tdm_guard.options import Options
from tdm_guard.testing import sample_web
from tests.support.stores import Lying
from tests.test_store import CLOSED, SITE, Clock, Web

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORIGIN = str(SITE)
ROBOTS = Fetched(status=200, body=CLOSED, headers=[("etag", '"1"'), ("content-type", "text/plain")], at=START)
TDMREP = Fetched(status=404, at=START + timedelta(seconds=1))
USUAL = Bundle(ORIGIN).adding({f"{ORIGIN}/robots.txt": ROBOTS, f"{ORIGIN}/.well-known/tdmrep.json": TDMREP}, START)
PACKED = pack(USUAL)


def sealed(plain: bytes) -> bytes:
    """What a writer that knows the form makes of any content."""
    packer = zlib.compressobj(wbits=-15, zdict=form._COMMON)
    packed = packer.compress(plain) + packer.flush()
    return form._HEAD + zlib.crc32(packed).to_bytes(4, "big") + packed


def headed(*answers: Any, origin: Any = ORIGIN, tries: Any = 1, base: Any = 0, bodies: bytes = b"") -> bytes:
    return sealed(json.dumps([origin, tries, base, list(answers)]).encode() + b"\n" + bodies)


answers = st.builds(
    KeptAnswer,
    place=st.sampled_from(["/robots.txt", "/ai.txt", "https://cdn.example/l.xml"])
    | st.text(st.characters(exclude_characters=" "), max_size=20),
    status=st.integers(100, 999),
    came=st.integers(0, 10**17),
    fields=st.lists(st.tuples(st.sampled_from(sorted(kept_form.FIELDS)), st.text(max_size=30)), max_size=4).map(tuple),
    body=st.binary(max_size=300),
    complete=st.booleans(),
    lent=st.booleans(),
    final=st.none() | st.text(max_size=20),
    redirects=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    error=st.none() | st.text(max_size=20),
    part=st.booleans(),
)


@given(st.lists(answers, max_size=6).map(tuple), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_whatever_is_packed_comes_back(kept: tuple[KeptAnswer, ...], tries: int) -> None:
    bundle = Bundle(ORIGIN, kept, tries)
    assert unpack(pack(bundle), ORIGIN) == bundle


def test_the_pages_of_the_sample_web_are_read_alike_from_a_store() -> None:
    seen = 0
    for site in sample_web().sites.values():
        origin = f"http://{site.name}"
        given_answers = {
            f"{origin}{path}": Fetched(
                status=page.status, headers=page.headers, body=page.body if page.status < 300 else b"", at=START
            )
            for path, page in site.pages.items()
            if not callable(page) and isinstance(page.body, bytes)
        }
        stored = unpack(pack(Bundle(origin).adding(given_answers, START)), origin)
        again = {url: answer.fetched(url, START) for url, answer in stored.latest().items()}
        for posture in ("cautious", "literal"):
            judge = Judge(agent="ExampleBot", posture=posture)
            before, after = (judge.read_policies(origin, found, now=START) for found in (given_answers, again))
            for path in site.pages:
                seen += 1
                assert after.says(path) == before.says(path)
    assert seen > 100


def test_usual_answers_take_little_room() -> None:
    places = ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt", "/.well-known/ai.txt", "/.well-known/trust.txt")
    absent = {f"{ORIGIN}{place}": Fetched(status=404, at=START) for place in places}
    assert len(pack(Bundle(ORIGIN).adding({f"{ORIGIN}/robots.txt": ROBOTS, **absent}, START))) < 250


# ---- what is none of it ---------------------------------------------------------------------------------------------


def test_what_is_damaged_or_of_another_is_refused() -> None:
    with pytest.raises(Damaged, match="of another origin"):
        unpack(PACKED, "https://slow.example")
    for damaged in (PACKED[:-1], PACKED[5:], PACKED + b"x", b"", None, 7, "text", PACKED[: len(PACKED) // 2]):
        with pytest.raises(Damaged):
            unpack(damaged, ORIGIN)


def test_what_a_later_version_wrote_is_told_apart() -> None:
    with pytest.raises(Newer):
        unpack(PACKED.replace(b"answers 1\n", b"answers 2\n"), ORIGIN)
    with pytest.raises(Damaged, match="begins"):
        unpack(PACKED.replace(b"answers 1\n", b"answers 0\n"), ORIGIN)


MADE_UP = [
    headed(["/robots.txt", "404", [0]]),
    headed(["/robots.txt", True, [0]]),
    headed(["/robots.txt", 99, [0]]),
    headed(["/robots.txt", 404, 0]),
    headed(["/robots.txt", 404, []]),
    headed(["/robots.txt", 404, [0.5]]),
    headed(["/robots.txt", 404, [True]]),
    headed(["/robots.txt", 404, [0, 1]]),
    headed(["/robots.txt /ai.txt", 404, [0]]),
    headed(["/robots.txt", 200, [0], 5, []], bodies=b"1234"),
    headed(["/robots.txt", 200, [0], 3, []], bodies=b"1234"),
    headed(["/robots.txt", 200, [0], -1, []]),
    headed(["/robots.txt", 200, [0], 0]),
    headed(["/robots.txt", 200, [0], 0, {}]),
    headed(["/robots.txt", 200, [0], 0, ["set-cookie", "x"]]),
    headed(["/robots.txt", 200, [0], 0, ["etag", 1]]),
    headed(["/robots.txt", 200, [0], 0, ["etag"]]),
    headed(["/robots.txt", 200, [0], 0, [["etag"], "x"]]),
    headed(["/robots.txt", 200, [0], 0, ["etag", "x"] * 40]),
    headed(["/robots.txt", 200, [0], 0, [], {"final": 1}]),
    headed(["/robots.txt", 200, [0], 0, [], {"by": "x" * 20}]),
    headed(["/robots.txt", 200, [0], 0, [], {"by": [1]}]),
    headed(["/robots.txt", 200, [0], 0, [], {"error": ["x"]}]),
    headed(["/robots.txt", 200, [0], 0, [], []]),
    headed(["/robots.txt", 200, [0], 0, [], {}, {}]),
    headed(["/robots.txt"]),
    headed([1, 404, [0]]),
    headed(["/" * 9000, 404, [0]]),
    headed(["/" * 9000, 200, [0], 0, []]),
    headed(*[["/robots.txt", 404, [0]]] * 200),
    headed(*[["/robots.txt /ai.txt", 404, [0, 0]]] * 100),
    headed(base=-1),
    headed(base=10**18),
    headed(base="0"),
    headed(tries=None),
    headed(origin=[ORIGIN]),
    sealed(b"null\n"),
    sealed(b"[1,2,3,4] \n"),
    sealed(b"[" * 100_000 + b"\n"),
    sealed(b"[1,2,3," + b"9" * 10_000 + b"]\n"),
    sealed(b"\xff\xfe\n"),
    sealed(b""),
    sealed(b" " * (form.MAX_PLAIN + 10)),
]


@pytest.mark.parametrize("packed", MADE_UP, ids=range(len(MADE_UP)))
def test_what_a_hostile_writer_makes_up_is_refused(packed: bytes) -> None:
    with pytest.raises(Damaged):
        unpack(packed, ORIGIN)


def verdict_with(packed: object, web: Web, log: str) -> bool:
    """Whether a page that the origin's own documents close is refused, by who had `packed` from its store."""
    guard = Guard(Options.read({"log": log, "agent": "ExampleBot"}), store=Lying(packed), clock=Clock())
    try:
        return guard.open(f"{SITE}/closed", run(guard.load(SITE), web)).refused
    finally:
        guard.end()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("hostile") / "{run}.jsonl")


@given(st.binary(max_size=300) | st.binary(max_size=100).map(sealed) | st.binary(max_size=60).map(form._HEAD.__add__))
@settings(max_examples=60, deadline=None)
def test_no_bytes_admit_what_the_origin_refuses(log: str, packed: bytes) -> None:
    web = Web()
    assert verdict_with(packed, web, log)
    assert "/robots.txt" in web.paths


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_damage_admits_what_the_origin_refuses(log: str, place: int, flipped: int, cut: bool) -> None:
    damaged = PACKED[:place] if cut else PACKED[:place] + bytes([PACKED[place] ^ flipped]) + PACKED[place + 1 :]
    assert verdict_with(damaged, Web(), log)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6),
)


@given(st.lists(json_values, max_size=7), st.binary(max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_head_raises_anything_else(answer: list[Any], bodies: bytes) -> None:
    for packed in (headed(answer, bodies=bodies), sealed(json.dumps(answer).encode() + b"\n" + bodies)):
        try:
            bundle = unpack(packed, ORIGIN)
        except Damaged:
            continue
        assert pack(bundle)


# ---- what is kept of what --------------------------------------------------------------------------------------------


def kept(*given_answers: Fetched) -> list[int]:
    bundle = Bundle(ORIGIN)
    for number, answer in enumerate(given_answers):
        bundle = bundle.adding({f"{ORIGIN}/robots.txt": answer}, START + timedelta(days=number))
    assert bundle.tries == len(given_answers)
    return [answer.status for answer in bundle.of("/robots.txt")]


COPY, GONE, FAILED, SILENT = ROBOTS, Fetched(status=404), Fetched(status=503), Fetched.unreachable("timeout")


@pytest.mark.parametrize(
    ("given_answers", "statuses"),
    [
        ([COPY], [200]), ([COPY, COPY], [200]), ([COPY, FAILED], [200, 503]), ([COPY, FAILED, COPY], [200]),
        ([COPY, GONE], [404]), ([COPY, FAILED, GONE], [404]), ([COPY, SILENT], [200]), ([SILENT], []),
        ([FAILED, FAILED], [503]), ([COPY, Fetched(status=403), FAILED, FAILED], [200, 403, 503]),
        ([COPY, Fetched(status=206, body=b"part")], [200, 206]), ([Fetched(status=304)], []),
        ([COPY, FAILED, Fetched(status=304)], [200]),
        ([Fetched(status=200, body=CLOSED), Fetched(status=304), Fetched(status=304)], [200, 304]),
        ([Fetched(status=200, body=CLOSED, headers=[("etag", "")]), Fetched(status=304)], [200, 304]),
        ([COPY, Fetched(status=200, body=b"\x1f\x8b\x08 no", headers=[("content-encoding", "gzip")])], [200, 200]),
        ([Fetched.unreachable("redirect to a private address", status=302)], []),
        ([Fetched.unreachable("redirect loop", status=302)], [302]),
    ],
)  # fmt: skip
def test_a_copy_is_kept_until_there_is_another_or_the_document_is_gone(
    given_answers: list[Fetched], statuses: list[int]
) -> None:
    assert kept(*given_answers) == statuses


def test_of_too_many_the_origins_own_documents_stay() -> None:
    bundle = Bundle(ORIGIN).adding({f"{ORIGIN}/robots.txt": ROBOTS}, START)
    for number in range(kept_form.MAX_ANSWERS + 10):
        bundle = bundle.adding({f"https://cdn.example/{number}": Fetched(status=200, body=b"x")}, START, lent=True)
    assert len(bundle.answers) == kept_form.MAX_ANSWERS
    assert bundle.of("/robots.txt")
    assert bundle.of(f"https://cdn.example/{kept_form.MAX_ANSWERS + 9}")
    assert not bundle.of("https://cdn.example/0")
    large = Fetched(status=200, body=b"y" * kept_form.MAX_BODIES)
    bundle = bundle.adding({"https://cdn.example/large": large}, START, lent=True)
    assert bundle.of("/robots.txt")
    assert bundle.size <= kept_form.MAX_BODIES


def test_what_nothing_says_how_long_it_takes_is_bounded() -> None:
    long = Fetched(status=200, headers=[("etag", "x" * (kept_form.MAX_FIELD + 1))])
    many = Fetched(status=200, headers=[("age", "1")] * (kept_form.MAX_FIELDS + 1))
    far = Fetched(status=200, url="https://x.example/", redirects=["https://x.example/"] * kept_form.MAX_ADDRESSES)
    for answer in (long, many, far):
        assert kept(answer) == []


@pytest.mark.parametrize("later", [-1, -(10**30), 10**30])
def test_a_time_of_no_calendar_is_one_of_ours(later: int) -> None:
    bundle = unpack(headed(["/robots.txt", 404, [later]]), ORIGIN)
    assert START - timedelta(days=30_000) < bundle.answers[0].at
    assert bundle.answers[0].fetched(f"{ORIGIN}/robots.txt", START).at <= START
    assert unpack(pack(bundle), ORIGIN).answers[0].status == 404


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (Fetched(status=200, body=CLOSED, headers=[("etag", '"%s"' % ("x" * 5000))]), []),
        (
            Fetched(
                status=200, body=CLOSED, url="https://x.example/" + "x" * 9000, redirects=(f"{ORIGIN}/robots.txt",)
            ),
            [],
        ),
        (Fetched.unreachable("timeout"), ["/robots.txt"]),
    ],
    ids=["a field too long", "an address too long", "silence"],
)
def test_what_cannot_be_kept_leaves_nothing_older_as_the_latest(answer: Fetched, left: list[str]) -> None:
    bundle = USUAL.adding({f"{ORIGIN}/robots.txt": answer}, START + timedelta(days=1))
    assert [item.place for item in bundle.answers if item.place == "/robots.txt"] == left
    assert [item.place for item in bundle.answers if item.place != "/robots.txt"] == ["/.well-known/tdmrep.json"]
