"""One implementation for httpx and httpx2, asynchronous and synchronous; the public names are in those modules."""
