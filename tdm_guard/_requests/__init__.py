"""The implementation for requests; the public names are in `tdm_guard.requests`."""
