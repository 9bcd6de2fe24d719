"""Archives of the web: what they hold, as items that can be judged, and what of them is damaged; policies in them."""

from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.items import Damage, Item, Unreadable
from tdm_guard.archives.opening import read_items
from tdm_guard.archives.sources import FolderPolicies, MappingPolicies, PolicySource

__all__ = [
    "Damage",
    "FolderPolicies",
    "Item",
    "MappingPolicies",
    "PolicySource",
    "Unreadable",
    "WarcPolicies",
    "read_items",
]
