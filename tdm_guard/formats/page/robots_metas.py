"""
Meta tags to all robots that say nothing but what search engines document: most pages have one, and none is read for it.

What has other rules may refuse AI in any words, and is read. A tag is told by its usual form, of which there are a few;
in all others it counts as one that is to be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tdm_guard.formats.http.robots_tag import PREVIEWS, USUAL, USUAL_RULES

ROBOTS = '"robots"?'  # among words to look for: the name of a tag whose content has more than the usual rules

_BESIDE = r"""(?:\s+(?:class|id|data-[a-z-]+)(?:=(?:"[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?)*+"""
_NAME = r"""\s+name=(?:"robots"|'robots'|robots)"""
_CONTENT = rf"""\s+content=(?:"{USUAL_RULES}"|'{USUAL_RULES}'|(?:{"|".join(USUAL)})(?=[\s>]))"""
_EITHER = rf"(?:{_NAME}{_BESIDE}{_CONTENT}|{_CONTENT}{_BESIDE}{_NAME})"
# In lower case, from the fourth letter of its own name to its end
USUAL_META = re.compile(rf"a{_BESIDE}{_EITHER}{_BESIDE}\s*/?>".encode())


def usual_folded(fold: Callable[[str], str]) -> str:
    """
    What is not behind "robots" in the usual tags, as a pattern for text that `fold` made of a page's tags.

    Of two contents the first counts, so that none may stand before the name. What it takes for usual is, although it
    does not see blanks: no words of a refusal are hidden in rules set together.
    """
    rules = "|".join(map(fold, ("index", "follow", *USUAL)))  # soonest what is usual
    numbered = "|".join(rf"{fold(name)}\d++" for name in ("max-snippet", "max-video-preview"))
    previews = rf"{fold('max-image-preview')}(?:{'|'.join(map(fold, PREVIEWS))})"
    usual = rf"(?:{rules}|{previews}|{numbered})*+"
    return rf"""(?!(?<=>aname="robots)"content="{usual}">|(?<=>aname='robots)'content='{usual}'>)"""
