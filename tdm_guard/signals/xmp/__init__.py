"""XMP: what metadata within files say of mining."""
