"""The words that files of declarations, authorisations and reviews are written in, and items matched by."""

from __future__ import annotations

from enum import StrEnum


class MandateStatus(StrEnum):
    """How sure it is that somebody may speak, or license, for others."""

    CONFIRMED = "confirmed"
    ASSERTED = "asserted"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class AuthorisationStatus(StrEnum):
    """Whether an authorisation lifts anything: only an active one does."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


PARTY_TYPES = ("collecting_society", "publisher", "label", "producer", "agency", "author", "association")
BASES = (
    "own_rights",
    "statutory_assignment",
    "member_mandate",
    "reciprocal_agreement",
    "legal_presumption",
    "unstated",
)
STATUSES = tuple(MandateStatus)
UNSTATED = "unstated"
MACHINE_FORMS = ("xml", "registry", "api", "embedded")
FORMS = ("press_release", "web_statement", "terms", "letter", *MACHINE_FORMS)
READABILITY = ("discoverable", "parseable", "interpretable", "actionable", "verifiable")
KNOWN_FROM = ("source", "copy", "secondary")  # what was read: the document, a stored copy, or accounts of others only
WORLD = "WORLD"
RIGHTS = (
    "reproduction",
    "neighbouring_right_producer",
    "neighbouring_right_performer",
    "press_publisher",
    "database",
)
WORK_TYPES = ("musical_work", "lyrics", "sound_recording", "audiovisual", "text", "image", "artwork")
# What a declaration may be matched by, each key with a good value. Location and prefix keys stand in declarations only.
MATCH_KEYS = {
    "iswc": "T-000.000.001-0",
    "isrc": "QMXX12300001",
    "isbn": "9780000000019",
    "issn": "0000-0019",
    "doi": "10.5555/12345678",
    "isan": "0000-0000-3A8D-0000-Z-0000-0000-6",
    "eidr": "10.5240/7791-8534-2C23-9030-8610-5",
    "gtin": "0000000000017",
    "isrd": "ISRD-0000-0001",
    "registry_id": "registry.example/W-1",
    "iscc": "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY",
    "creator_ipi": "00000000199",
    "creator_isni": "000000000000001X",
    "society": "Sacem",
    "domain": "label.example",
    "url_prefix": "https://photos.example/p/",
    "isrc_registrant": "QMXX1",
    "isbn_registrant": "978-0-00",
    "doi_prefix": "10.5555",
    "iscc_similar": "ISCC:EAARYPXW445FTYNJ",
    "creator_name": "Marie Exemple",
    "publisher": "Exemple Press",
    "label": "Exemple Records",
}
# Item keys that tell works apart too badly, or are said better by another key: legal, and matching nothing.
IDLE_KEYS = {
    "title": "a title matches nothing, since many works bear the same",
    "type": "a type matches nothing; work_types says which types are declared",
    "url": "an address is matched by url_prefix or domain",
}
