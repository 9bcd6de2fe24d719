"""The implementation for aiohttp; the public names are in that module."""
