#!/usr/bin/env bash
# feedparser hands out the words of an RSL refusal as the licence.
#
# One would guess: an item that carries <rsl:prohibits type="usage">ai-train</rsl:prohibits> comes out of the feed with
#   "ai-train" under its prohibitions, or, if feedparser knows nothing of RSL, without RSL.
# What happens: an element that it does not know keeps its text only if it has no attributes. RSL demands `type` on permits and
#   prohibits, so both come out as {'type': 'usage'}, empty of words, and the words go up to the next element without
#   attributes: `rsl_license` is 'ai-train'. It is 'ai-train' for a permission and for a refusal alike, and
#   'searchai-train' where search is permitted and ai-train refused. feedparser reports no fault (bozo is False).
# Why it matters: RSL 1.0 lets licences travel in RSS items. Whoever reads them through the usual parser finds a field named
#   licence that says ai-train where the publisher forbade just that; and no way of reading its result tells the two apart
#   once an item has both elements. The item's own XML has to be read.
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

PERMITS = '<rsl:permits type="usage">{}</rsl:permits>'
PROHIBITS = '<rsl:prohibits type="usage">{}</rsl:prohibits>'


def entry(licence):
    feed = feedparser.parse(f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:rsl="https://rslstandard.org/rsl"><channel>
<title>News</title><link>https://example.org/</link><description>All the news</description>
<item><title>One</title><link>https://example.org/one</link>
<rsl:content url="https://example.org/one"><rsl:license>{licence}</rsl:license></rsl:content>
</item></channel></rss>""")
    return feed.bozo, {key: value for key, value in feed.entries[0].items() if key.startswith("rsl_")}


print("feedparser", version("feedparser"))
found = {}
for said, licence in {
    "ai-train permitted": PERMITS.format("ai-train"),
    "ai-train prohibited": PROHIBITS.format("ai-train"),
    "search permitted, ai-train prohibited": PERMITS.format("search") + PROHIBITS.format("ai-train"),
    "ai-train permitted, search prohibited": PERMITS.format("ai-train") + PROHIBITS.format("search"),
}.items():
    bozo, found[said] = entry(licence)
    print(f"{said}: bozo {bool(bozo)}, {found[said]}")

refused, permitted, both, other = (found[said] for said in found)
holds = (
    refused.get("rsl_license") == permitted.get("rsl_license") == "ai-train"
    and both.get("rsl_license") == "searchai-train"
    and both.get("rsl_prohibits") == other.get("rsl_prohibits") == {"type": "usage"}
)
print("a refusal's words are handed out as the licence" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
