#!/usr/bin/env bash
# Crawlee for Python, told to respect robots.txt, obeys the group of `*` and never the group that names it.
#
# One would guess: a crawler with `respect_robots_txt_file=True` that introduces itself as ExampleAIBot in every request, the
#   one for robots.txt included, obeys the group "User-agent: ExampleAIBot".
# What happens: the file is asked what holds for "*", whatever the crawler calls itself, and no setting gives it a name. "ExampleAIBot:
#   Disallow: /" is fetched and parsed, and the page is fetched all the same; the page is skipped only where `*` is refused. The
#   parser beneath (Protego) has the right answer to the question that is not asked. (The JavaScript edition has taken a name
#   since 2025.)
# Why it matters: reservations in robots.txt are written name by name: search for everyone, nothing for GPTBot, CCBot and their like.
#   In such a file the group of `*` is the one that permits. An operator who gave his crawler a name so that sites can refuse it,
#   and turned the option on, is refused by sites and does not hear it; and a group in his favour is not heard either.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check crawlee==1.11.0 impit==0.15.1 protego==0.7.0
cd "$dir"
cat > crawl.py <<'PY'
import asyncio
import http.server
import sys
import threading
from importlib.metadata import version

from crawlee.crawlers import HttpCrawler
from crawlee.http_clients import ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient
from protego import Protego

NAME = "ExampleAIBot"
FILES = {
    "the crawler by name is refused": f"User-agent: {NAME}\nDisallow: /\n\nUser-agent: *\nAllow: /\n",
    "everyone is refused": "User-agent: *\nDisallow: /\n",
}


class Site(http.server.BaseHTTPRequestHandler):
    robots = ""
    asked: list[tuple[str, str]] = []

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("User-Agent", "")))
        is_robots = self.path == "/robots.txt"
        body = self.robots.encode() if is_robots else b"<!doctype html><title>Page</title><p>Text"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if is_robots else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


async def crawl(port):
    crawler = HttpCrawler(
        http_client=ImpitHttpClient(headers={"User-Agent": f"{NAME}/1.0"}, browser=None),
        storage_client=MemoryStorageClient(),
        respect_robots_txt_file=True,
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def handle(context):
        await context.http_response.read()

    await crawler.run([f"http://127.0.0.1:{port}/page"])


which = sys.argv[1]
Site.robots = FILES[which]
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asyncio.run(crawl(server.server_port))
    server.shutdown()
may = Protego.parse(Site.robots).can_fetch(f"http://127.0.0.1:{server.server_port}/page", NAME)
fetched = any(path == "/page" for path, _ in Site.asked)
names = sorted({name for _, name in Site.asked})
print("crawlee", version("crawlee"), "protego", version("protego"))
print(f"{which}: robots.txt asked for: {('/robots.txt', f'{NAME}/1.0') in Site.asked}, as {names};", end=" ")
print(f"Protego asked for {NAME}: {may}; page fetched: {fetched}")
sys.exit(10 if fetched else 11)
PY
run() {
    status=0
    "$dir/venv/bin/python" crawl.py "$1" 2>errors || status=$?
    [ "$status" = 10 ] || [ "$status" = 11 ] || { cat errors; exit 2; }
}
run "the crawler by name is refused"
by_name=$status
run "everyone is refused"
by_star=$status
if [ "$by_name" = 10 ] && [ "$by_star" = 11 ]; then
    echo "the group that names the crawler is not heard"
else
    echo "changed: this no longer holds"
    exit 1
fi
