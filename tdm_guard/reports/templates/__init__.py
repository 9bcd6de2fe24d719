"""Templates that authorities ask to be filled in, as far as logs can: every blank that they cannot fill is named."""
