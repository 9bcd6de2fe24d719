"""The sample web against the judge: each page comes to the verdict that its site names, evidence included."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tdm_guard import Decision, Fetched, Judge, Verdict
from tdm_guard.cli import demonstration as demo
from tdm_guard.model import Result
from tdm_guard.testing import SITES, PretendWeb, Site, sample_web
from tdm_guard.testing.sample.town import BULK
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TARPIT = "tarpit.example"


@pytest.fixture(scope="module")
def web() -> Iterator[PretendWeb]:
    with sample_web() as web:
        yield web


@pytest.fixture(scope="module")
def client(web: PretendWeb) -> Iterator[httpx.Client]:
    with httpx.Client(proxy=web.proxy, timeout=PATIENCE, trust_env=False) as client:
        yield client


def fetched(client: httpx.Client, url: str) -> Fetched:
    if TARPIT in url:
        return Fetched.unreachable("timeout", at=NOW)
    answer = client.get(url, follow_redirects=True)
    return Fetched(
        status=answer.status_code,
        headers=answer.headers.multi_items(),
        body=answer.content,
        url=str(answer.url),
        at=NOW,
        redirects=[str(hop.url) for hop in answer.history],
    )


def judged(client: httpx.Client, url: str, **options: object) -> Decision:
    """The decision for a URL as a guard comes to it: its origin's documents, each hop's response, what it declares."""
    judge = Judge(agent="ExampleBot", **options)
    origin = "/".join(url.split("/")[:3])
    policies = {document: fetched(client, document) for document in judge.needed_documents(origin)}
    response: dict[str, Any] = {}
    if TARPIT not in url:
        with client.stream("GET", url) as answer:
            if (
                answer.is_redirect
                and not judge.evaluate(
                    url, status=answer.status_code, headers=answer.headers.multi_items(), policies=policies, now=NOW
                ).verdict.withholds
            ):
                return judged(client, answer.headers["location"], **options)
            response = {"status": answer.status_code, "headers": answer.headers.multi_items()}
            if answer.headers.get("content-length") != str(BULK):
                response["body"] = b"".join(answer.iter_raw())
    while True:
        decision = judge.evaluate(url, **response, policies=policies, now=NOW)
        unread = {item.document for item in decision.checked if item.result is Result.NOT_ATTEMPTED}
        if unread <= set(policies):
            return decision
        policies |= {document: fetched(client, document) for document in unread}


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_page_comes_to_the_expected_verdict(client: httpx.Client, site: Site) -> None:
    verdicts = {path: judged(client, f"http://{site.name}{path}").verdict for path in site.expected}
    assert verdicts == dict(site.expected)


DECLARED = [site for site in SITES if site.with_repertoire]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The repertoire, licences and operator of the example project, its table of works made into a list."""
    folder = tmp_path_factory.mktemp("held")
    project = demo.example_project()
    demo.lay_out(project, folder)
    settings: dict[str, Any] = {}
    exec((project / "collection" / "settings.py").read_text(encoding="utf-8"), settings)
    bundled, repertoire = settings["TDM_GUARD_REPERTOIRE"]
    return {
        "repertoire": [bundled, folder / repertoire],
        "authorisations": [folder / name for name in settings["TDM_GUARD_AUTHORISATIONS"]],
        "operator": settings["TDM_GUARD_OPERATOR"],
    }


@pytest.mark.parametrize("site", DECLARED, ids=lambda site: site.name)
def test_declared_works_come_to_the_verdict_expected_with_a_repertoire(
    client: httpx.Client, held: dict[str, Any], site: Site
) -> None:
    verdicts = {path: judged(client, f"http://{site.name}{path}", **held).verdict for path in site.expected}
    assert verdicts == {**site.expected, **site.with_repertoire}
    assert set(site.with_repertoire) < set(site.expected)
    assert all(verdict is not site.expected[path] for path, verdict in site.with_repertoire.items())


def test_there_is_a_work_for_each_way_that_a_declaration_can_end() -> None:
    found = {verdict for site in DECLARED for verdict in site.with_repertoire.values()}
    assert found == {Verdict.RESERVED, Verdict.AUTHORISED, Verdict.REVIEW}


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("http://bakery.example/", "unreserved"),  # C3
        ("http://translations.example/", "unreserved"),  # C2
        ("http://museum.example/collection/sextant.html", "permitted"),  # C1
        ("http://weekly.example/", "permitted"),  # C10
        ("http://tidesrecords.example/", "unreserved"),  # refusals by name are reported only
        ("http://gazette.example/", "reserved"),
        ("http://agency.example/", "reserved"),
        ("http://orchard.example/", "unreserved"),  # aipref-legacy
        ("http://stitches.example/", "unreserved"),
        ("http://quarterly.example/essays/mud.html", "reserved"),
        ("http://lightbox.example/photos/crab.jpg", "unreserved"),  # non_canonical_value
        ("http://lightbox.example/photos/gannet.jpg", "reserved"),
        ("http://inkwell.example/backlist/currents.epub", "permitted"),  # C10
    ],
)
def test_to_the_letter_the_repaired_sites_reserve_nothing(client: httpx.Client, url: str, verdict: str) -> None:
    assert judged(client, url, posture="literal").verdict == verdict


def test_without_the_extra_what_is_sealed_is_undetermined_and_says_what_to_install(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sample web expects of its sealed files where `c2pa` is not installed."""
    monkeypatch.setitem(sys.modules, "c2pa", None)
    for url in ("http://lightbox.example/photos/lamp-room.jpg", "http://foghorn.example/sound/capstan.mp3"):
        decision = judged(client, url)
        assert decision.verdict is Verdict.UNDETERMINED
        assert 'pip install "tdm-guard[c2pa]"' in decision.summary()


def test_the_ways_of_reserving_are_all_there(client: httpx.Client) -> None:
    said = {
        (statement.signal, statement.carrier)
        for site in SITES
        for path, verdict in site.expected.items()
        if verdict == "reserved"
        for statement in judged(client, f"http://{site.name}{path}").because
    }
    assert said >= {
        ("robots", "robots.txt"),
        ("ai-agents", "robots.txt"),
        ("tdmrep", "file"),
        ("tdmrep", "header"),
        ("tdmrep", "html"),
        ("x-robots", "header"),
        ("x-robots", "html"),
        ("ai-agents", "header"),
        ("ai-agents", "html"),
        ("aipref", "robots.txt"),
        ("aipref", "header"),
        ("content-signals", "robots.txt"),
        ("content-signals", "header"),
        ("rsl", "robots.txt"),
        ("rsl", "header"),
        ("rsl", "html"),
        ("rsl", "feed"),
        ("rsl", "challenge"),
        ("rsl", "rsl"),
        ("ai-txt", "file"),
        ("trust-txt", "file"),
        ("xmp", "jpeg"),
        ("xmp", "png"),
        ("xmp", "mp3"),
        ("xmp", "wav"),
        ("c2pa", "jpeg"),
        ("c2pa", "mp3"),
        ("tdmrep", "epub"),
        ("tdmrep", "pdf"),
        ("rsl", "epub"),
    }
