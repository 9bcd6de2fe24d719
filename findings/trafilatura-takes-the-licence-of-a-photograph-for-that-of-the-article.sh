#!/usr/bin/env bash
# trafilatura takes the licence of a photograph for that of the article, and hears none of the article's own.
#
# One would guess: the metadatum `license` is what the page says of itself: its <link rel="license">, its schema.org licence, its
#   notice; and where a page says one thing and a picture in it another, the page's word counts.
# What happens: only <a> elements are looked at: the first one anywhere with rel="license", else any link to a Creative Commons deed in
#   a footer. HTML gives rel="license" on <a> to the main content, but the code that Creative Commons hands out for a picture's
#   credit has it too. So an article whose head and JSON-LD both name the publisher's own terms comes out as "CC BY 4.0" because
#   its photograph is, and so does one whose footer credits a set of icons. Without picture or icons the licence is None:
#   <link rel="license">, in the head where it speaks for the page, and JSON-LD `license` are not read.
# Why it matters: collections of "openly licensed" text are picked from crawls by this field. Here it turns a page whose publisher
#   names terms of his own into an open one, in the direction that costs the rightsholder; and the more carefully an editor
#   credits other people's pictures, the likelier it is.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check trafilatura==2.3.1 lxml==6.1.3 lxml_html_clean==0.4.6
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

from trafilatura import extract_metadata

TERMS = "https://news.example/terms"
DEED = "https://creativecommons.org/licenses/by/4.0/"
LINK = f'<link rel="license" href="{TERMS}">'
JSON_LD = (
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",'
    f' "headline": "The harbour at night", "license": "{TERMS}"}}</script>'
)
OWN = LINK + JSON_LD
PHOTO = (
    '<figure><img src="quay.jpg" alt="The quay"><figcaption>The quay. Photograph: A. Sailor,'
    f' <a rel="license" href="{DEED}">CC BY 4.0</a></figcaption></figure>'
)
ICONS = f'<p>Icons by B. Drawer, <a href="{DEED}">CC BY 4.0</a>.</p>'
TEXT = "<p>" + "Nobody counts the boats that lie here, and nobody would know whom to tell. " * 6 + "</p>"


def licence(head="", inside="", below=""):
    return extract_metadata(
        f'<!doctype html><html lang="en"><head><title>The harbour at night</title>{head}</head><body>'
        f"<article><h1>The harbour at night</h1>{TEXT}{inside}{TEXT}</article>"
        f"<footer><p>Articles: all rights reserved, see our terms.</p>{below}</footer></body></html>"
    ).license


print("trafilatura", version("trafilatura"))
seen = {
    "own terms by <link rel=license>": licence(LINK),
    "own terms by JSON-LD": licence(JSON_LD),
    "own terms by both, a photograph under CC BY": licence(OWN, inside=PHOTO),
    "own terms by both, icons under CC BY in the footer": licence(OWN, below=ICONS),
}
for page, found in seen.items():
    print(f"{page}: license = {found!r}")
holds = list(seen.values()) == [None, None, "CC BY 4.0", "CC BY 4.0"]
print("others' licences are given as the article's" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
