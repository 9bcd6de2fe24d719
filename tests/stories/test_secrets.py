"""A secret that goes through a crawl is in nothing that the guard writes or says, over each client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.log.reader import read_log
from tdm_guard.log.verify import Verification
from tdm_guard.testing import Answer, PretendWeb, Received, Site

HIDDEN = "c4n4ry-7f31"
TOKEN = "tok-3f9a-word-that-nobody-else-knows"
CLIENTS = ("scrapy", "httpx", "requests", "aiohttp-async")
QUIET = {"HTTPCACHE_ENABLED": False, "JOBDIR": "", "FEEDS": {}}  # what Scrapy keeps for itself is not ours
RIGHTS = (
    '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">all</permits></license>'
    "</content></rsl>"
)


def echoed(request: Received) -> Answer:
    """What a server may say that was shown a licence token it does not like."""
    shown = (request.header("authorization") or "").partition(" ")[2]
    challenge = f'License error="invalid_token", error_description="{shown} is not known", nonce="{HIDDEN}"'
    return Answer.text("pay", ("www-authenticate", challenge), ("crawler-error", f"token={HIDDEN}"), status=402)


def site() -> Site:
    signed = f"/signed?X-Amz-Signature={HIDDEN}&page=1"
    return Site(
        "music.example",
        {
            "/robots.txt": lambda got: Answer.text(f"License: {got.base('music.example')}/rsl?sig={HIDDEN}"),
            "/rsl": Answer(headers=(("content-type", "application/rsl+xml"),), body=RIGHTS.encode()),
            "/plain": Answer.html("<p>HERE", ("set-cookie", f"sid={HIDDEN}; Path=/")),
            "/moved": Answer.redirect(signed),
            "/signed": Answer.html("<p>HERE"),
            "/no": Answer.html("<p>NO", ("tdm-reservation", "1"), ("tdm-policy", f"/policy?token={HIDDEN}")),
            "/linked": Answer.html("<p>HERE", ("link", f'</rsl?access_token={HIDDEN}>; rel="license"')),
            "/meta": Answer.html(
                '<head><meta name="tdm-reservation" content="1">'
                f'<meta name="tdm-policy" content="https://u:{HIDDEN}@a.example/p?a=1&amp;key={HIDDEN}"></head>'
            ),
            "/wrong": Answer.html("<p>HERE", ("tdm-reservation", f"?token={HIDDEN}")),
            "/paid": echoed,
            "/to": Answer.redirect(f"/plain?back=http%3A%2F%2Fb.example%2F%3Fjwt%3D{HIDDEN}"),
            "/echo": lambda got: Answer.redirect(f"/plain?p={(got.header('authorization') or '').partition(' ')[2]}"),
        },
    )


@pytest.mark.parametrize("edge", CLIENTS)
def test_a_secret_is_in_no_file_and_no_message(
    edge: str, collector: Any, web: Callable[..., PretendWeb], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    pretend = web(site())
    origin = pretend.origin("music.example")
    monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS", f"{origin} {TOKEN}")
    login = origin if edge == "scrapy" else origin.replace("://", f"://user:{HIDDEN}@")  # Twisted takes it for a host
    urls = [
        f"{origin}/plain?token={HIDDEN}&page=1", f"{origin}/plain;jsessionid={HIDDEN}?mail={HIDDEN}@a.example",
        f"{login}/plain?page=2", *(origin + path for path in site().pages if path not in ("/robots.txt", "/signed")),
        f"{origin}/no?password={HIDDEN}",
    ]  # fmt: skip
    job = collector(edge, pretend, tmp_path / "job").run(
        urls, proxied=False, settings=QUIET, redact="mail", retain_until="2999-12-31"
    )
    assert job.failed == []
    assert len(job.handed) >= 8
    records = [line.record for line in read_log([job.log]) if line.type == "decision"]
    assert len(records) == len(urls)
    assert [found for found in Verification().findings(read_log([job.log])) if found.severity == "error"] == []
    asked = {record["url"].removeprefix(origin) for record in records}
    assert {"/plain?token=REDACTED&page=1", "/plain;jsessionid=REDACTED?mail=REDACTED", "/plain?page=2"} <= asked
    written = {path.name: path.read_bytes() for path in job.folder.iterdir() if path.name.startswith("tdm-guard")}
    assert len(written) == 2
    own = [line for line in scrapys(job.folder).splitlines() if "[tdm_guard" in line]
    said = "\n".join([*own, *(item.getMessage() for item in caplog.records if item.name.startswith("tdm_guard"))])
    for secret in (HIDDEN, TOKEN):
        assert [name for name, data in written.items() if secret.encode() in data] == []
        assert secret not in said


def scrapys(folder: Path) -> str:
    log = folder / "scrapy.log"
    return log.read_text() if log.exists() else ""
