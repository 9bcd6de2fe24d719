"""Where policies of stored records come from: what a source knows, what it does not, and what holds when."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tdm_guard import Fetched, Judge
from tdm_guard.archives import Damage
from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import FolderPolicies, MappingPolicies
from tdm_guard.errors import ConfigurationError
from tdm_guard.ledger.library import Library
from tests.archives.made import packed, record

ORIGIN = "https://a.example"
ROBOTS = f"{ORIGIN}/robots.txt"
LICENCE = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><prohibits type="usage">ai-train</prohibits>'
    b"</license></content></rsl>"
)


def at(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def capture(url: str, body: bytes = b"", status: int = 200, year: int = 2020, kind: str = "text/plain") -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\n\r\n".encode()
    return record(url=url, block=head + body, fields=[("WARC-Date", f"{year}-01-01T00:00:00Z")])


def archive(folder: Path, *records: bytes, name: str = "p.warc.gz") -> WarcPolicies:
    path = folder / name
    path.write_bytes(b"".join(map(packed, records)))
    return WarcPolicies([path])


# ---- archives -------------------------------------------------------------------------------------------------------


def test_the_capture_before_counts_else_the_first_behind(tmp_path: Path) -> None:
    source = archive(tmp_path, *(capture(ROBOTS, f"# {year}".encode(), year=year) for year in (2022, 2020)))
    found = {year: source.documents(ORIGIN, at(year))[ROBOTS].body for year in (2019, 2020, 2021, 2022, 2026)}
    assert found == {2019: b"# 2020", 2020: b"# 2020", 2021: b"# 2020", 2022: b"# 2022", 2026: b"# 2022"}
    assert source.documents(ORIGIN, None)[ROBOTS].body == b"# 2022"
    source.span()
    assert source.documents(ORIGIN, at(2021))[ROBOTS].status == 200
    assert source.span() == (at(2020).timestamp(), at(2022).timestamp())
    source.close()


def test_what_was_not_captured_is_not_known(tmp_path: Path) -> None:
    source = archive(tmp_path, capture(ROBOTS, b"", 404))
    known = source.documents(ORIGIN, at(2020))
    assert list(known) == [ROBOTS]
    assert known[ROBOTS].status == 404
    assert known.get(f"{ORIGIN}/ai.txt") is None
    assert not source.documents("http://a.example", at(2020))  # another origin
    source.close()


def test_answers_that_are_none_are_no_documents(tmp_path: Path) -> None:
    """A HEAD has no body; a revisit of what is not there, and damage, cannot be read: that is not "never asked for"."""
    head = record("request", b"HEAD /robots.txt HTTP/1.1\r\n\r\n", url=ROBOTS, fields=[("WARC-Date", "2020-01-01")])
    answer = record(url=ROBOTS, block=b"HTTP/1.1 200 OK\r\n\r\n", fields=[("WARC-Date", "2020-01-01")])
    lost = record("revisit", b"HTTP/1.1 200 OK\r\n\r\n", url="https://b.example/robots.txt")
    empty = record(block=b"", url="https://c.example/robots.txt")
    source = archive(tmp_path, head, answer, lost, empty)
    assert source.documents(ORIGIN, None).get(ROBOTS) is None
    for name in ("b.example", "c.example"):
        assert source.documents(f"https://{name}", None)[f"https://{name}/robots.txt"].error
    source.close()


def test_not_modified_leaves_what_was_captured_before(tmp_path: Path) -> None:
    source = archive(tmp_path, capture(ROBOTS, b"# then"), capture(ROBOTS, b"", 304, 2021))
    assert source.documents(ORIGIN, at(2022))[ROBOTS].body == b"# then"
    source.close()


def test_pages_are_there_for_who_declares_them(tmp_path: Path) -> None:
    source = archive(tmp_path, capture(ROBOTS), capture(f"{ORIGIN}/terms.xml", LICENCE, kind="application/rsl+xml"))
    known = source.documents(ORIGIN, at(2021))
    assert known[f"{ORIGIN}/terms.xml"].body == LICENCE
    assert list(known) == [ROBOTS]
    again = pickle.loads(pickle.dumps(source))  # as a worker has it
    assert again.documents(ORIGIN, at(2021))[f"{ORIGIN}/terms.xml"].body == LICENCE
    again.close()
    assert source.documents(ORIGIN, at(2021))[ROBOTS].status == 200  # who read it only did not delete it
    (tmp_path / "p.warc.gz").write_bytes(packed(capture(ROBOTS)))
    assert source.documents(ORIGIN, at(2021))[f"{ORIGIN}/terms.xml"].error  # the archive has changed
    source.close()


def test_redirects_end_somewhere(tmp_path: Path) -> None:
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /robots.txt\r\n\r\n"
    source = archive(tmp_path, record(url=ROBOTS, block=moved))
    assert "of which nothing was captured" in (source.documents(ORIGIN, None)[ROBOTS].error or "")
    source.close()


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.warc.gz"
    path.write_bytes(packed(capture(ROBOTS)) + b"no member at all")
    told: list[Damage] = []
    source = WarcPolicies([path], told=told.append)
    assert [each.offset for each in told] == [len(packed(capture(ROBOTS)))]
    assert source.documents(ORIGIN, None)[ROBOTS].status == 200
    source.close()


# ---- folders and mappings -------------------------------------------------------------------------------------------


def test_a_folder_knows_what_lies_in_it_and_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    place = tmp_path / "mirror" / "a.example"
    place.mkdir(parents=True)
    (place / "robots.txt").write_bytes(b"# here")
    (place / "ai.txt.status").write_text("404", encoding="ascii")
    (place / "trust.txt.status").write_text("soon", encoding="ascii")
    source = FolderPolicies(tmp_path / "mirror")
    known = source.documents(ORIGIN, None)
    assert sorted(known) == [f"{ORIGIN}/ai.txt", ROBOTS, f"{ORIGIN}/trust.txt"]
    assert (known[ROBOTS].status, known[ROBOTS].body) == (200, b"# here")
    assert known[f"{ORIGIN}/ai.txt"].status == 404
    assert known[f"{ORIGIN}/trust.txt"].error
    for way in ("/../secret.txt", "/x/../../secret.txt", "/", "/\0"):
        assert known.get(f"{ORIGIN}{way}") is None
    assert not source.documents("https://b.example", None)
    assert source.documents("http://a.example", None)
    with pytest.raises(ConfigurationError, match="is no folder"):
        FolderPolicies(tmp_path / "none")


def test_a_mapping_is_by_origin_or_by_address() -> None:
    free, gone = Fetched(status=200, body=b"# free"), Fetched(status=404)
    source = MappingPolicies({ORIGIN: {"/robots.txt": free}, "https://b.example/ai.txt": gone})
    assert source.documents(ORIGIN, None) == {ROBOTS: free}
    assert source.documents("https://b.example", None) == {"https://b.example/ai.txt": gone}
    assert not source.documents("https://c.example", None)
    for wrong in ({ORIGIN: b""}, {"robots.txt": free}, {ORIGIN: {"robots.txt": free}}):
        with pytest.raises(ConfigurationError, match="is no URL with a Fetched"):
            MappingPolicies(wrong)  # type: ignore[arg-type]


# ---- the library ----------------------------------------------------------------------------------------------------


class Counting(MappingPolicies):
    """Counts how often it is asked."""

    asked = 0

    def documents(self, origin: str, at: datetime | None) -> dict[str, Fetched]:
        self.asked += 1
        return dict(super().documents(origin, at))


def test_an_origin_is_read_once_while_there_is_room() -> None:
    source = Counting({f"https://{number}.example": {"/robots.txt": Fetched(status=404)} for number in range(3)})
    library = Library(Judge(agent="ExampleBot"), [source])
    first = library.policy("https://0.example/a", at(2020))
    asked = source.asked
    assert library.policy("https://0.example/b?c", at(2021)) is first
    assert source.asked == asked
    small = Library(Judge(agent="ExampleBot"), [source], max_bytes=1)
    policy = small.policy("https://0.example/", at(2020))
    assert small.policy("https://0.example/", at(2020)) is policy
    small.policy("https://1.example/", at(2020))
    assert small.policy("https://0.example/", at(2020)) is not policy


def test_of_what_several_know_the_first_counts() -> None:
    first = MappingPolicies({ROBOTS: Fetched(status=200, body=b"User-agent: *\nDisallow: /x\n")})
    second = MappingPolicies({ORIGIN: {"/robots.txt": Fetched(status=404), "/ai.txt": Fetched(status=404)}})
    policy = Library(Judge(agent="ExampleBot"), [first, second]).policy(f"{ORIGIN}/", at(2020))
    found = {each.document: (each.result, each.status) for each in policy.checked}
    assert found[ROBOTS] == ("read", 200)
    assert found[f"{ORIGIN}/ai.txt"] == ("absent", 404)
    assert found[f"{ORIGIN}/trust.txt"][0] == "not-attempted"


@pytest.mark.parametrize("known", [True, False])
def test_licences_that_documents_and_pages_declare_are_found(known: bool) -> None:
    place = "https://licences.example/terms.xml"
    judge = Judge(agent="ExampleBot", usages={"ai-training"})
    absent = {url: Fetched(status=404) for url in judge.needed_documents(ORIGIN)}
    declaring = Fetched(status=200, body=f"License: {place}\nUser-agent: *\nAllow: /\n".encode())
    licence = {place: Fetched(status=200, body=LICENCE.replace(b'"/"', b'"https://a.example/"'))} if known else {}
    expected = "reserved" if known else "undetermined"
    by_robots = Library(judge, [MappingPolicies({**absent, ROBOTS: declaring, **licence})])
    policy = by_robots.policy(f"{ORIGIN}/", at(2020))
    assert judge.evaluate(f"{ORIGIN}/", status=200, body=b"words", policies=policy, now=at(2020)).verdict == expected
    by_page = Library(judge, [MappingPolicies({**absent, **licence})])
    judge.library = by_page.document
    link = [("link", f'<{place}>; rel="license"; type="application/rsl+xml"')]
    policy = by_page.policy(f"{ORIGIN}/", at(2020))
    decision = judge.evaluate(f"{ORIGIN}/", status=200, headers=link, body=b"words", policies=policy, now=at(2020))
    assert decision.verdict == expected
