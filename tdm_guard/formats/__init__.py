"""Grammars and containers: bytes in, structure out, no opinions on what the words mean."""
