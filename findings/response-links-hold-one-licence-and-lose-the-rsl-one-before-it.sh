#!/usr/bin/env bash
# response.links of requests, httpx and httpx2 holds one licence, and loses the RSL one before it.
#
# One would guess: `response.links` is the Link field parsed, so that a licence that the answer links to is in it.
# What happens: it is a dict with one place for each value of `rel`. Relations may repeat (RFC 8288), and of two with
#   rel="license" the last one takes the place: an RSL licence for machines followed by a Creative Commons deed for people comes out as
#   the deed alone. A link with two relations, rel="license describedby", is filed under both words as one key, so that
#   links["license"] is not there. Relation types and parameter names are the same in capitals by the RFC: here "LICENSE" is a key
#   of its own, and REL= is not known, so that the link is filed under its address. aiohttp, whose links can hold several of one
#   relation, keeps the deed and the licence, and is like the others in the rest.
# Why it matters: RSL 1.0 is found by Link: rel="license" with the type application/rsl+xml, and demands that a client look at every
#   channel. Sites had rel="license" for people long before. Through `links` the one licence whose terms a crawler must obey is gone
#   without a trace, and what is left in its place is, of all things, an open licence. The field has to be read itself, all lines.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check requests==2.34.2 httpx==0.28.1 httpx2==2.16.2 aiohttp==3.14.5
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import asyncio
import http.server
import sys
import threading
from importlib.metadata import version

import aiohttp
import httpx
import httpx2
import requests

RSL = "https://news.example/licence.xml"
DEED = "https://creativecommons.org/licenses/by/4.0/"
TYPE = 'type="application/rsl+xml"'
FIELDS = {
    "RSL first, then a deed": [f'<{RSL}>; rel="license"; {TYPE}', f'<{DEED}>; rel="license"'],
    "two relations of one link": [f'<{RSL}>; rel="license describedby"; {TYPE}'],
    "relation in capitals": [f'<{RSL}>; rel="LICENSE"; {TYPE}'],
    "parameter in capitals": [f'<{RSL}>; REL="license"; {TYPE}'],
}


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        for line in list(FIELDS.values())[int(self.path[1:])]:
            self.send_header("Link", line)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return [str(link["url"]) for link in response.links.getall("license", [])]


def by_requests(url):
    session = requests.Session()
    session.trust_env = False
    return one(session.get(url).links)


def one(links):
    return [links["license"]["url"]] if "license" in links else []


CLIENTS = {
    "requests": by_requests,
    "httpx": lambda url: one(httpx.get(url, trust_env=False).links),
    "httpx2": lambda url: one(httpx2.get(url, trust_env=False).links),
    "aiohttp": lambda url: asyncio.run(by_aiohttp(url)),
}
print(*(f"{name} {version(name)}" for name in CLIENTS), sep=", ")
lost = {}
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for number, case in enumerate(FIELDS):
        seen = {name: client(f"http://127.0.0.1:{server.server_port}/{number}") for name, client in CLIENTS.items()}
        lost[case] = {name for name, urls in seen.items() if RSL not in urls}
        print(f"{case}: links of the relation license: {seen}")
    server.shutdown()

holds = all({"requests", "httpx", "httpx2"} <= lost[case] for case in FIELDS)
print("the RSL licence is not among the links" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
