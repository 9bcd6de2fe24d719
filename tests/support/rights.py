"""A file of RSL-MEDIA rights and one of TDM·AI preferences, made up."""

from __future__ import annotations

from typing import Any

ISCC = "KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY"
DATA, INSTANCE, CONTENT_LIKE = "GAAVVC5DMJJGYKZ4", "IAAWIK7A7JTUAQ2D", "EAARMJLTQCUWAND2"

_REFUSAL = '<prohibits type="usage">media:ai-train</prohibits>'
_TERMS = (
    f'{_REFUSAL}<payment type="use"><standard>https://a.example/licence</standard></payment>'
    '<legal type="contact">rights@a.example</legal>'
)


def _right(attributes: str, inside: str = _REFUSAL) -> str:
    return f"<media:right {attributes}><license>{inside}</license></media:right>"


_SAME = 'registry="r.example" subject="work" holder="Marie Exemple" status="active"'
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<rsl xmlns="https://rslstandard.org/rsl" xmlns:media="https://rslmedia.org/media">'
    + _right(f'{_SAME} registry-id="W-1" isrd="ISRD-1"', _TERMS.replace('type="use"', 'type="free"'))
    + _right(f'{_SAME} registry-id="W-2" isrd="ISRD-2"', _TERMS.replace('type="use"', 'type="free"'))
    + _right('registry="r.example" registry-id="W-3" isrd="ISRD-3" status="withdrawn"')
    + _right('registry="r.example" registry-id="W-4" valid-until="2020-01-01"')
    + _right('registry="r.example" registry-id="*"')
    + _right('registry="r.example" registry-id="W-6" isrd="ISRD-6" valid-from="2090-01-01" valid-until="2099-01-01"')
    + _right('registry="r.example"')
    + _right('registry="r.example" registry-id="W-8"', '<permits type="usage">ai-all</permits>')
    + "</rsl>"
)
PREFERENCES: list[dict[str, Any]] = [
    {"version": "1.0", "iscc": f"ISCC:{ISCC}", "intent": "activate", "all": "false"},
    {"version": "1.0", "iscc": "ISCC:KUAG2PRCRS5LNVZVJKAFAVOJXLZZM", "intent": "activate", "all": "true"},
    {"version": "1.0", "iscc": "ISCC:EXAMPLE", "intent": "activate", "all": "false"},
]
