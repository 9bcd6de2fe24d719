"""
Path patterns as robots.txt, tdmrep.json and RSL write them (RFC 9309 2.2.2, 2.2.3).

    pattern = *( char / "*" ) [ "$" ]     "*": any run of characters; a final "$": end of the path; else a prefix

Both sides are brought to one spelling first (RFC 3986 6.2.2): percent-encoded unreserved characters are decoded, what
may not stand raw in a URI is encoded as UTF-8, hex digits are upper-case, dot segments are resolved. An encoded slash
and a second slash are characters like others. Matching time is linear in pattern and path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from tdm_guard.errors import UnsupportedURL
from tdm_guard.origin import Origin

MAX_WORK = 2_500_000  # patterns times characters of the address, for one answer; 1,000 patterns and 200 are ordinary
is_plain = re.compile(r"[A-Za-z0-9._~/?=&,;:@!'()+\[\]#-]*").fullmatch  # as it stands in its one spelling, but for dots
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEEP_IN_PATTERN = "%/?#[]@!$&'()*+,;=:~"
_KEEP_IN_PATH = "%/?#[]@!&'()+,;=:~"
_KEEP_IN_ADDRESS = _KEEP_IN_PATTERN
_ADDRESS = re.compile(r"(?i)(https?://[^/?#]*)([^#]*)(.*)", re.DOTALL)
_TARGET = re.compile(r"(?i)https?://[^/?#]*([^#]*)")
_DOTS = ("/./", "/../")
_may_have_dots = re.compile(r"/\.\.?(?:[/?]|\Z)").search
_BROWSERS_DROP = re.compile(r"%0[9AD]")  # raw tabs and line ends (WHATWG URL 4.4), as they are spelled here
_BACKSLASH = "%5C"


class TooMuchWork(Exception):
    """A document has so many patterns, and the address is so long, that comparing them would hold up everybody."""


def check_work(patterns: int, address: str) -> None:
    """Raises `TooMuchWork` if so many patterns that are looked for anywhere in `address` are beyond the bound."""
    if patterns * len(address) > MAX_WORK:
        raise TooMuchWork(
            f"{patterns} patterns on an address of {len(address)} characters: more than is compared for one "
            f"({MAX_WORK} in all)"
        )


def target(url: str) -> str:
    """Path and query of an absolute URL, in the one spelling; the fragment dropped, an empty path read as `/`."""
    found = _TARGET.match(url)
    raw = found.group(1) if found else url.partition("#")[0]
    if not raw.startswith("/"):
        raw = "/" + raw
    return normalise_path(raw)


def normal_url(url: str) -> str:
    """
    An http(s) URL in the normal form of RFC 3986 6.2.2, without user and password; its fragment stays.

    Unlike `target` it can be asked for: `*` and `$` are left as they are. What is no such URL is given back.
    """
    found = _ADDRESS.match(url)
    if not found:
        return url
    try:
        origin = Origin.parse(found[1])
    except UnsupportedURL:
        return url
    path = found[2] if found[2].startswith("/") else "/" + found[2]
    return f"{origin}{normal_path(path)}{found[3]}"


def normal_path(path: str) -> str:
    """The path, with its query and without a fragment, of a URL in that form."""
    spelled = path if is_plain(path) else _normalise(path, _KEEP_IN_ADDRESS)
    return resolve_dots(spelled) if _may_have_dots(spelled) else spelled


def normalise_path(path: str) -> str:
    """`path` (with its query) in the one spelling; a raw `*` or `$` in it is a character, so it is encoded."""
    spelled = path if is_plain(path) else _normalise(path, _KEEP_IN_PATH)
    return resolve_dots(spelled) if "/." in spelled and _may_have_dots(spelled) else spelled


def normalise_pattern(pattern: str) -> str:
    """
    `pattern` in the one spelling; `*` and a final `$` keep their meaning, `%2A` and `%24` stay encoded.

    A last segment is the beginning of names, so that dots there are none of a path: `/.` is about `/.git` and its like.
    """
    if is_plain(pattern):
        return _resolve_in_pattern(pattern) if "/." in pattern else pattern
    body, anchor = (pattern[:-1], "$") if pattern.endswith("$") else (pattern, "")
    spelled = _normalise(body, _KEEP_IN_PATTERN).replace("$", "%24") + anchor
    return _resolve_in_pattern(spelled) if "/." in spelled else spelled


def as_browsers_read(target: str) -> str | None:
    """
    `target` with slashes for the backslashes in its path and without tabs and line ends, as browsers read an address.

    None if there is none of these. RFC 3986 foresees none of them raw, and clients send them encoded.
    """
    if _BACKSLASH not in target and "%0" not in target:
        return None
    path, mark, query = target.partition("?")
    other = resolve_dots(_BROWSERS_DROP.sub("", path.replace(_BACKSLASH, "/"))) + mark + query
    return other if other != target else None


def resolve_dots(target: str) -> str:
    """`target` without `.` and `..` segments in its path (RFC 3986 5.2.4); the query is left alone."""
    path, mark, query = target.partition("?")
    if "/." not in path or path[0] != "/":
        return target
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept) + mark + query


def _resolve_in_pattern(pattern: str) -> str:
    """`pattern`, in the one spelling, without the dot segments whose meaning is certain."""
    path, mark, query = pattern.partition("?")
    anchor = "$" if not mark and path.endswith("$") else ""
    path = path.removesuffix("$") if anchor else path
    if not any(dots in path + "/" for dots in _DOTS):
        return pattern
    beginning, *segments = path.split("/")
    resolved = [beginning]
    ends = bool(mark or anchor)
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        if segment not in (".", "..") or (last and not ends):
            resolved.append(segment)
            continue
        if segment == "..":
            above = resolved[-1]
            # An asterisk may stand for many segments: it is taken for one where a name follows that the rule is about.
            if ("*" in above and not _names_something(segments[place:])) or above == "..":
                resolved.append(segment)
                continue
            if len(resolved) > 1:
                resolved.pop()
        if last:
            resolved.append("")
    return "/".join(resolved) + anchor + mark + query


def _names_something(segments: list[str]) -> bool:
    return any(segment not in ("", ".", "..") and "*" not in segment for segment in segments)


def _normalise(text: str, keep: str) -> str:
    text = quote(text, safe=keep, errors="surrogatepass")
    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return _ESCAPE.sub(_one_spelling, text)


def _one_spelling(match: re.Match[str]) -> str:
    escape = match.group()
    character = chr(int(escape[1:], 16))
    return character if character in _UNRESERVED else escape.upper()


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A pattern ready for matching. `octets` is its length for "the longest wins", `*` and `$` counted."""

    parts: tuple[str, ...]
    anchored: bool
    octets: int

    @classmethod
    def parse(cls, pattern: str) -> PathPattern:
        """Reads a raw pattern as it stands in a document."""
        spelled = normalise_pattern(pattern)
        anchored = spelled.endswith("$")
        parts = (spelled[:-1] if anchored else spelled).split("*")
        if len(parts) > 2:  # "**" says no more than "*", and half a million of them would take their time
            parts = [parts[0], *filter(None, parts[1:-1]), parts[-1]]
        return cls(tuple(parts), anchored, len(spelled))

    def matches(self, path: str) -> bool:
        """True if `path`, already in the one spelling (`target`), is covered by this pattern."""
        parts = self.parts
        first = parts[0]
        if not path.startswith(first):
            return False
        if len(parts) == 1:
            return not self.anchored or len(path) == len(first)
        position = len(first)
        for part in parts[1:-1]:
            found = path.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        last = parts[-1]
        if not self.anchored:
            return path.find(last, position) >= 0
        return len(path) - len(last) >= position and path.endswith(last)
