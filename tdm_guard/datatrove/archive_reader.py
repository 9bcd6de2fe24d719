"""A reader of datatrove over archives of all kinds, whose documents keep the answer that they came in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from datatrove.data import Document
from datatrove.pipeline.readers.base import BaseDiskReader

from tdm_guard.archives import Damage, Item, read_items
from tdm_guard.datatrove.documents import damaged, filled
from tdm_guard.formats.http.content_coding import begins_as_markup
from tdm_guard.formats.http.media_type import OTHER, UNKNOWN, beginning, charset, content_kind, sniff
from tdm_guard.formats.http.message_body import framing, undone
from tdm_guard.formats.page.html_tokens import decode
from tdm_guard.plain import told

MAX_TEXT = 64 * 2**20  # bytes of a document's text, decoded; what is longer is cut, and judged by its body all the same
_logger = logging.getLogger("tdm_guard")


class WarcReader(BaseDiskReader):  # type: ignore[misc] # Any, for the checker
    """
    Reads WARC, WACZ, ARC and the other archives that `tdm_guard.archives` reads; takes what datatrove's readers take.

    Documents have as metadata `url`, `date`, `status`, `headers` (pairs, repeated ones kept), `stored`, and the body
    among their media. What has no text, or was no success, is counted in the stats (`passed_over_…`) and does not come;
    what is damaged and has an address comes without text, to be logged by the filter.
    """

    name = "🕷 Archives, with their fields"

    def read_file(self, filepath: str) -> Iterator[Document]:
        """The documents of one file. Raises `Unreadable` for one that is no archive."""
        folder = self.data_folder
        if folder.is_local():
            yield from self._documents(folder.resolve_paths(filepath), filepath)
            return
        with TemporaryDirectory() as copies:
            copy = str(Path(copies) / Path(filepath).name)
            folder.get_file(filepath, copy)
            yield from self._documents(copy, filepath)

    def _documents(self, path: str, name: str) -> Iterator[Document]:
        last = Path(path).name
        for found in read_items(path):
            with self.track_time():
                document = self._damaged(found) if isinstance(found, Damage) else self._document(found)
                if document is None:
                    continue
                place = document.metadata["stored"]
                if name != last and place["file"].startswith(last):  # two folders may each have a file of this name
                    place["file"] = name + place["file"][len(last) :]
                document.metadata["file_path"] = path if self.data_folder.is_local() else name
                if self.default_metadata:
                    document.metadata = self.default_metadata | document.metadata
            yield document

    def _document(self, item: Item) -> Document | None:
        if item.status is not None and not 200 <= item.status < 300:
            self.stat_update(f"passed_over_{item.status}")
            return None
        text = text_of(item)
        if text is None:
            self.stat_update("passed_over_no_text")
            return None
        return filled(item, text)

    def _damaged(self, damage: Damage) -> Document | None:
        _logger.warning("%s", told(f"Damaged: {damage.file}, {damage.offset}: {damage.what}"))
        self.stat_update("damaged")
        return None if damage.url is None else damaged(damage, damage.url)


def text_of(item: Item) -> str | None:
    """The characters of a page or a text; None for anything else, as for a body that is not known."""
    if item.body is None:
        return None
    said = next((value for name, value in item.headers if name.lower() == "content-type"), "")
    media_type, markup = content_kind(said)
    if markup is OTHER and not media_type.startswith("text/"):
        return None
    body = undone(item.body, framing(item.headers), MAX_TEXT, begins_as_markup, complete=item.body_complete).body
    if markup is UNKNOWN and sniff(beginning(body), media_type) is OTHER:
        return None
    return decode(body, charset(said) or (None if begins_as_markup(body) else _utf8(body)))


def _utf8(body: bytes) -> str | None:
    """The encoding of a plain text that does not say it: UTF-8 if it can be."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"
