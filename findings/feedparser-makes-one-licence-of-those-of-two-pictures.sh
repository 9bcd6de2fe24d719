#!/usr/bin/env bash
# feedparser makes one licence of those of two pictures: the address of the first and the words of the last.
#
# One would guess: where a Media RSS item has two pictures, each media:content with a media:license of its own, the two in
#   `media_content` have theirs; or, if only one can be kept, it is the one or the other.
# What happens: the licences leave their pictures and meet in one dict of the item, `media_license`. Its `href` is set by the first
#   and left alone, its `content` is set anew by each. A picture under CC BY and one of which all rights are reserved come out as a
#   licence that nobody gave: by address CC BY, by name "All rights reserved"; in the other order by address the publisher's terms,
#   by name "CC BY 4.0". Where only one of the two has a licence, nothing says which.
#   Besides, `entry.license`, documented as the address of the licence of the entry itself and as coming from other elements than
#   this one, is then the words of the last picture's. feedparser reports no fault (bozo is False).
# Why it matters: Media RSS lets each medium have a licence because they differ. Who goes by the address takes both pictures for
#   free in the one order, who goes by the words in the other, and what is found looks whole. A picture that says nothing takes
#   its neighbour's permission, and an article its picture's. The item's own XML has to be read.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check feedparser==6.0.14
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import feedparser

FREE = ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0")
RESERVED = ("https://news.example/terms", "All rights reserved, no text and data mining")


def picture(name, licence=None):
    inside = '<media:license type="text/html" href="{}">{}</media:license>'.format(*licence) if licence else ""
    return f'<media:content url="https://news.example/{name}.jpg" type="image/jpeg">{inside}</media:content>'


def entry(*pictures):
    feed = feedparser.parse(f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>News</title><link>https://news.example/</link><description>All the news</description>
<item><title>One</title><link>https://news.example/one</link>{"".join(pictures)}</item>
</channel></rss>""")
    first = feed.entries[0]
    licence = first.get("media_license", {})
    kept = any("license" in key for content in first.media_content for key in content)
    return bool(feed.bozo), kept, licence.get("href"), licence.get("content"), first.get("license")


print("feedparser", version("feedparser"))
seen = {}
for said, pictures in {
    "a is free, b reserved": (picture("a", FREE), picture("b", RESERVED)),
    "b reserved, a is free": (picture("b", RESERVED), picture("a", FREE)),
    "a is free, b says nothing": (picture("a", FREE), picture("b")),
    "b says nothing, a is free": (picture("b"), picture("a", FREE)),
}.items():
    seen[said] = entry(*pictures)
    print(f"{said}: bozo %s, kept with the picture %s, href %s, content %r, the entry's license %r" % seen[said])

first, second, third, fourth = seen.values()
holds = (
    first == (False, False, FREE[0], RESERVED[1], RESERVED[1])
    and second == (False, False, RESERVED[0], FREE[1], FREE[1])
    and third == fourth == (False, False, *FREE, FREE[1])
)
print("one licence is made of two" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
