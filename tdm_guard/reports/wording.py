"""What the page of a report says in words, and how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.usage import TDM, TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTIONS = (
    ("verdicts-section", "Verdicts, and when", ("verdicts", "days")),
    ("signals-section", "Which signals decided", ("signals",)),
    ("sites-section", "Which sites", ("sites",)),
    ("media-section", "Which media types", ("media",)),
    ("licences", "Rightsholders, and whom to ask", ("asks", "lifted")),
    ("people", "What people decided or attested", ("reviews", "exempt", "excluded")),
    ("declared", "Declared works", ("declarations", "works")),
    ("unknown", "What could not be determined", ("undetermined", "failed")),
    ("faults", "Faults worth telling", ("publishers", "yours")),
    ("provenance", "Which runs and files this is made from", ("runs", "files", "heads")),
)
ALWAYS = {"verdicts", "undetermined", "publishers", "runs", "lifted", "reviews"}  # shown also where there are none
POSTURES = {
    "cautious": "cautious: slips of the pen in a reservation are mended, and what is in doubt is withheld",
    "literal": "literal: each standard to the letter",
}
MODES = {
    "enforce": "enforce: what is withheld is not handed on",
    "observe": "observe: verdicts are recorded, and everything is handed on",
}
_PURPOSES = {
    "analysis": "automated analysis that neither trains nor feeds a model",
    "nongenai-training": "training models that do not generate content",
    "genai-training": "training or fine-tuning models that can generate content",
    "ai-input": "input to a trained model (retrieval, grounding, inference)",
    "ai-index": "an AI system's own index",
    "search": "a search engine that links to the source",
    "archive": "keeping copies for preservation and reading",
}


def purposes(usages: Iterable[str]) -> str:
    """Usages in words: all of text and data mining by that name."""
    named = dict.fromkeys(usages)
    whole = {usage.value for usage in TDM}
    told = []
    if named.keys() >= whole:
        told.append(
            "text and data mining of every kind (Art. 2(2) of Directive (EU) 2019/790), AI training among it "
            f"({', '.join(usage.value for usage in TDM)})"
        )
    elif named.keys() >= {usage.value for usage in TRAINING}:
        whole = {usage.value for usage in TRAINING}
        told.append("training of AI models of every kind")
    else:
        whole = set()
    told += [_PURPOSES.get(usage, usage) for usage in named if usage not in whole]
    return ", ".join(told) or "not told"


WORDS = """<section aria-labelledby="words">
<h2 id="words">What the words mean</h2>
<p>In the EU anybody may mine lawfully accessible works, unless the rightholder has expressly reserved that in an
appropriate manner, such as machine-readable means (Directive (EU) 2019/790, Art. 4(3)). A <dfn>decision</dfn> says what
was found of that for one address, at one time, for the uses named above. It says nothing of other uses. Whatever was
heard rests on <dfn>evidence</dfn>: each record of the log names the document, the place in it, the words, when it was
read and its digest.</p>
<dl class="words">
<div><dt>unreserved</dt><dd>admitted: all that had to be read was read, and nothing reserves a use asked. It is no
permission.</dd></div>
<div><dt>permitted</dt><dd>admitted: each use is expressly permitted, and nothing reserves.</dd></div>
<div><dt>authorised</dt><dd>admitted: something is reserved, and a licence of the operator's lifts each
reservation.</dd></div>
<div><dt>exempt</dt><dd>admitted: it would be withheld, but the operator claims Art. 3 (research, heritage).</dd></div>
<div><dt>reserved</dt><dd>withheld: somebody reserves a use asked, or robots.txt refuses access, and no licence lifts
it.</dd></div>
<div><dt>review</dt><dd>withheld: something was heard that may be a reservation, and a person must decide.</dd></div>
<div><dt>undetermined</dt><dd>withheld: something that had to be read could not be. What could not be read is never a
yes.</dd></div>
<div><dt>admitted</dt><dd>handed on to the caller, so that it may be stored. In observe mode everything is handed on,
whatever the verdict.</dd></div>
<div><dt>withheld</dt><dd>not handed on, and newly on no disk.</dd></div>
<div><dt>signal</dt><dd>a standard way of speaking: robots.txt, TDMRep, a declaration over a repertoire,
…</dd></div>
<div><dt>item</dt><dd>an address, by the last decision on it.</dd></div>
<div><dt>codes of uses</dt><dd>analysis: that neither trains nor feeds a model; nongenai-training, genai-training:
training models that do not, or do, generate content; ai-input: input to a trained model; ai-index: an AI system's own
index; tdm: all of these; search: a search engine that links to the source; archive: copies for preservation and
reading.</dd></div>
</dl>
</section>
"""
FOOT = (
    "Facts for engineers and lawyers, not legal advice. The log has every decision with its evidence; "
    "<code>tdm-guard verify</code> checks it, <code>tdm-guard explain</code> shows one decision."
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"  # of our pages
STYLE = """:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --soft: #f2f2f2; --line: #8a8a8a; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --paper: #161616; --soft: #262626; --line: #8f8f8f; } }
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
body { margin: 0 auto; max-width: 80rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
p, li, dd { max-width: 46rem; }
p { margin: .5rem 0; }
a { color: inherit; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
.notice { border: 2px solid var(--ink); padding: .75rem 1rem; max-width: none; }
dl { margin: .5rem 0; }
dl > div { display: grid; grid-template-columns: 10rem 1fr; gap: 0 1rem; padding: .2rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
nav ul { columns: 18rem; padding-left: 1.2rem; margin: 1rem 0; }
.wide { overflow-x: auto; margin: .5rem 0; }
.stacked > .wide { margin-top: 1rem; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.beside > .wide { flex: 1 1 max-content; min-width: 0; max-width: 100%; }
.chart { flex: 0 1 auto; max-width: 100%; }
.chart p { max-width: 21rem; }
.chart svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: .9rem; }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
thead th { background: var(--soft); overflow-wrap: normal; }
tbody th { font-weight: 400; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number, .short { white-space: nowrap; overflow-wrap: normal; }
.long { min-width: 13rem; max-width: 28rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); }
@media (max-width: 40rem) {
  dl > div { grid-template-columns: 1fr; }
  table { font-size: .75rem; }
  th, td { padding: .15rem .3rem; }
  .long { min-width: 8rem; }
}
@page { margin: 15mm; }
@media print {
  :root { --ink: #000; --paper: #fff; --soft: #eee; --line: #777; color-scheme: light; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .wide { overflow: visible; }
  .beside { display: block; }
  table { width: 100%; font-size: 8pt; }
  th, td { padding: .15rem .3rem; }
  td.number, .short { white-space: normal; }
  .long { min-width: 6rem; max-width: none; }
  thead { display: table-header-group; }
  p, tr, .chart, .notice, dl > div { break-inside: avoid; }
  h2, h3, h2 + p, h3 + p, thead { break-after: avoid; }
}
"""
