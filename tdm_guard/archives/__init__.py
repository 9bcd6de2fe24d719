"""Archives of the web: what they hold, as items that can be judged, and what of them is damaged."""

from tdm_guard.archives.items import Damage, Item, Unreadable
from tdm_guard.archives.opening import read_items

__all__ = ["Damage", "Item", "Unreadable", "read_items"]
