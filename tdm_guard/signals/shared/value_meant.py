"""What the value of a Disallow means that is no path: everything, a kind of file, an address, a name."""

from __future__ import annotations

import re

from tdm_guard.formats.site.path_records import path_meant

AROUND = " \t\"'“”„‟«»″‘’`<>()[]\\"
_is_everything = re.compile(  # but `all/` is a folder, and `site.html` a page
    r"(?i)(?:all|any|every\w*|whole|entire|site|full|total|yes|true|1|y|on|x)(?![\w/]|[.-]\w).*"
).fullmatch


def meant(words: str, asked: str) -> str | None:
    """
    The path that a value without what is `AROUND` it means, in a document at `asked`; `/` if nothing is left of it.

    None for prose, and for an address of another origin.
    """
    if not words or _is_everything(words):
        return "/"
    if words[0] == "." and not words.startswith("./"):
        return f"*{words}"
    return None if any(map(str.isspace, words)) else path_meant(words, asked)
