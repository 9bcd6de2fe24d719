#!/usr/bin/env bash
# Protego gives Applebot-Extended what a site allows Applebot.
#
# One would guess: a group in robots.txt speaks to the crawler whose product token it names, and to no other (RFC 9309, 2.2.1), so
#   that "Applebot: Allow: /" beside "*: Disallow: /" lets Apple's search in, and refuses the use for training that Apple lets
#   sites refuse under the name of Applebot-Extended.
# What happens: Protego looks whether the name in the file begins a word of the name that asks, and does not look where it ends. "bot"
#   does not stand for "mybot", but Applebot does stand for Applebot-Extended, and GoogleOther for GoogleOther-Image.
#   urllib.robotparser finds the name anywhere in the other, and says the same. Google's own parser, here through its bindings,
#   and robotspy, a port of it, take whole tokens and refuse.
# Why it matters: the names by which AI uses are refused are often a search crawler's name with an ending. In a file that lets the
#   search crawlers in one by one and refuses everyone else, which is how a publisher reserves against names yet unknown, asking
#   Scrapy's parser for the name with the ending gives "allowed". A group that names the longer one outright is heard; the
#   refusal to all others is what is lost.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check protego==0.7.0 robotspy==0.13.0 fast-robotstxt==1.1.0
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import platform
import sys
from importlib.metadata import version
from urllib.robotparser import RobotFileParser

from protego import Protego
from robots import RobotsParser
from robotstxt import RobotsMatcher

URL = "https://news.example/article"


def by_urllib(text, agent):
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    return parser.can_fetch(agent, URL)


PARSERS = {
    "Protego": lambda text, agent: Protego.parse(text).can_fetch(URL, agent),
    "urllib": by_urllib,
    "Google's": lambda text, agent: RobotsMatcher().is_allowed(text, agent, URL),
    "robotspy": lambda text, agent: RobotsParser.from_string(text).can_fetch(agent, URL),
}

names = ("protego", "robotspy", "fast-robotstxt")
print(*(f"{name} {version(name)}" for name in names), f"Python {platform.python_version()}", sep=", ")
holds = True
for short, long in (("Applebot", "Applebot-Extended"), ("GoogleOther", "GoogleOther-Image")):
    text = f"User-agent: {short}\nAllow: /\n\nUser-agent: *\nDisallow: /\n"
    for agent in (short, long, "Other"):
        seen = {name: parser(text, agent) for name, parser in PARSERS.items()}
        print(f"{short} allowed, * refused; may {agent}?", seen)
        protego, google = {short: (True, True), long: (True, False), "Other": (False, False)}[agent]
        holds = holds and seen["Protego"] == protego and seen["Google's"] == google
named = "User-agent: Applebot\nAllow: /\n\nUser-agent: Applebot-Extended\nDisallow: /\n"
seen = {name: parser(named, "Applebot-Extended") for name, parser in PARSERS.items()}
print("both named, the longer refused; may Applebot-Extended?", seen)
holds = holds and not seen["Protego"]
print("the shorter name opens for the longer" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
