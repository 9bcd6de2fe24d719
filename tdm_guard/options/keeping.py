"""How the log of a run with certain options is kept, and what is left out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.log.jsonl import Keeping
from tdm_guard.log.pseudonyms import Pseudonyms, read_key
from tdm_guard.log.redaction import Redaction

if TYPE_CHECKING:
    from tdm_guard.options import Options
    from tdm_guard.options.tokens import Tokens


def keeping_of(options: Options, tokens: Tokens) -> Keeping:
    """As the options say; licence tokens are left out whatever they say."""
    names = None if options.name_key is None else Pseudonyms(read_key(options.name_key))
    return Keeping(
        durability=options.durability,
        rotate=options.rotate,
        compact=options.records == "compact",
        redaction=Redaction(options.redact, secrets=tokens.secrets(), names=names),
    )
