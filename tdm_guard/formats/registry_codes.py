"""
Identifiers of declarations and of their subjects in registries (RSL-MEDIA): compared as they are written.

No form is fixed for either, so that nothing in them is verified: blanks around and a label in front go.
"""

from __future__ import annotations

import re
import unicodedata

_LABEL = re.compile(r"(?i)(?:urn:)?isrd:\s*")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def isrd(raw: str) -> str | None:
    """A declaration's own identifier (ISRD)."""
    return registry_id(_LABEL.sub("", raw.strip(), count=1))


def registry_id(raw: str) -> str | None:
    """A work in a registry, as `registry/number`."""
    text = " ".join(unicodedata.normalize("NFC", raw).split())
    return None if not text or _UNSEEN.search(text) else text
