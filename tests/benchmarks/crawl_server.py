"""Loopback origins for crawls: `python -m … COUNT SILENT DELAY`; prints their addresses as one JSON line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

PAGE = (
    b"<!doctype html><html><head><title>t</title></head><body>"
    + b"<p>words and more words</p>" * 380
    + b"</body></html>"
)
ROBOTS = b"User-agent: *\nDisallow: /private/\n"


async def main(count: int, silent: int, delay: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
                if delay:
                    await asyncio.sleep(delay)
                status, body = (200, ROBOTS) if path == b"/robots.txt" else (404, b"")
                if path.startswith(b"/page/"):
                    status, body = 200, PAGE
                head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass
        writer.close()

    handlers = [answer] * (count - silent) + [say_nothing] * silent
    servers = [await asyncio.start_server(handler, "127.0.0.1", 0) for handler in handlers]
    addresses = [f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in servers]
    print(json.dumps(addresses), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
