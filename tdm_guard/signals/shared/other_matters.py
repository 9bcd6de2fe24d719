"""
Names that hold a word of AI or of refusing and are about something else than its use: `AI-Crawl-Delay`, `Stop-Words`.

strategy: such a name refuses nothing by a mere no or 0 behind it, or by a yes; words that refuse by themselves still
count there (`AI-Price: use is prohibited`).
"""

from __future__ import annotations

import re

# How fast, how much, who, on which terms, how a page was made; courses
is_of_something_else = re.compile(
    r"(?:^|-)(?:delay|interval|rate|ratelimit|times?|timeout|wait|ttl|cach\w+|limits?|quota|version|updated?|date"
    r"|languages?|lang|locale|countr\w+|regions?|currency|pric\w+|costs?|fees?|charges?|discounts?|budget"
    r"|url|uri|links?|address|hosts?|domains?|endpoints?|apis?|plugins?|sitemaps?|txt|formats?"
    r"|contacts?|owners?|team|notes?|comments?|feedback|support|reviews?|scores?|counts?|log|logs|logging|debug|beta"
    r"|preview|tests?|sandbox|ads|sponsors?|compliance|ethics|safety|act"
    r"|restrictions?|exceptions?|exemptions?|conditions?|exclusions?|required|requirements?"
    r"|attribution|credit|citation|watermarks?"
    r"|created|powered|edited|produced|optimi[sz]ed|friendly|ready|driven|based|enhanced|uses-ai|in-content|ingredients"
    r"|courses?|camps?|programm?e?s?|schedules?|staff|employees?|sales|dogs?|puppy|sessions?|cent(?:er|re)s?|schools?"
    r"|class(?:es)?|rooms?|workshops?|seminars?|stations?|timetables?|calendars?|catalogu?e?s?|academy|certifi\w+"
    r"|onboarding|fitness|sports?|gym|teachers?|tickets?|crypto|bitcoin|coal|gold)(?=-|$)"
).search
# What a name that refuses may have beside it to be about content as a whole: `Prohibited-Uses`, `Do-Not-Copy`
is_of_content = re.compile(
    r"crawl\w*|cop(?:y|ies|ying)|reus\w*|reproduc\w*|harvest\w*|collect\w*|download\w*|extract\w*|process\w*|analy\w+"
    r"|ingest\w*|stor(?:e|ed|ing|age)|fetch\w*|commercial|derivativ\w*|access\w*|pages?|works?|material|media"
).fullmatch
