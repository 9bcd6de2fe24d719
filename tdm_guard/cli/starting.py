"""
What `init` writes: a file of options, the call of a client. No claim to Art. 3 is in it unless the caller makes one.

Values are texts, truths, numbers, and lists and tables of such, in one line each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from tdm_guard.cli.console import say
from tdm_guard.errors import ConfigurationError

MADE = "# Made by tdm-guard init."
VERSION = "1.0"  # of the user's crawler, for the User-Agent; theirs to change
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ABOUT = {
    "usages": "what the content is for",
    "agent": "your robots.txt product token, the name that sites know you by",
    "log": "one record for each decision",
    "operator": "who collects",
    "repertoire": "declarations over works, which are honoured wherever the works stand",
}
_HINT = f'# repertoire = ["bundled:sacem-2023"]   {_ABOUT["repertoire"]}\n'
_TOML = f"""{MADE} docs/options.md says what each option means.
# Try it: tdm-guard check --config {{file}} https://site.example/

{{options}}
{_HINT}# authorisations = ["licences.toml"]    what you were granted, and what people decided
"""
CALLS = {
    "httpx": """from tdm_guard.httpx import GuardClient

with GuardClient(config={file}, headers={{"user-agent": {sends}}}) as client:
    response = client.get("https://site.example/")  # raises tdm_guard.Withheld for what is reserved
""",
}
CALLS["aiohttp"] = """import asyncio

import aiohttp

from tdm_guard.aiohttp import guard


async def main():
    async with (
        guard(config={file}) as guarded,
        aiohttp.ClientSession(middlewares=[guarded], headers={{"user-agent": {sends}}}) as session,
        session.get("https://site.example/") as response,  # raises tdm_guard.Withheld for what is reserved
    ):
        return await response.read()


content = asyncio.run(main())
"""
CALLS["requests"] = """from tdm_guard.requests import GuardSession

with GuardSession(config={file}) as session:
    session.headers["user-agent"] = {sends}
    response = session.get("https://site.example/")  # raises tdm_guard.Withheld for what is reserved
"""
CALLS["httpx2"] = CALLS["httpx"].replace("tdm_guard.httpx", "tdm_guard.httpx2")
KINDS = ("scrapy", *CALLS, "toml")  # what there are settings for


def user_agent(agent: str, contact: str | None) -> str:
    """The User-Agent field of a crawler that says its name, and where it can be reached."""
    return f"{agent}/{VERSION} (+{contact})" if contact else f"{agent}/{VERSION}"


def toml_file(options: Mapping[str, Any], file: str) -> str:
    """A file of options, as `--config` takes it."""
    lines = [f"{name} = {toml(value)}" for name, value in options.items()]
    width = min(max(map(len, lines)), 60)
    told = (f"{line:<{width}}  # {_ABOUT[name]}" for name, line in zip(options, lines, strict=True))
    text = _TOML.format(file=file, options="\n".join(told))
    return text.replace(_HINT, "") if "repertoire" in options else text


def toml(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)  # the escapes of a text that is printable are the same


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def python(value: Any) -> str:
    """A value in Python, quoted as formatters do it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{python(name)}: {python(each)}" for name, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(python, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def write(output: str, text: str, *, force: bool) -> None:
    """Writes a file, over one that is there only with `force`; `-` is stdout."""
    if output == "-":
        typer.echo(text, nl=False)
        return
    try:
        with Path(output).open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(
            f"--output: {output!r} is there already; --force writes over it, --output - shows what would be written"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"--output: {output!r} cannot be written: {error.strerror}") from None
    say(f"{output} written")
