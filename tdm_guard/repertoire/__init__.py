"""Repertoires: declarations over works, items and their keys, authorisations, reviews; all of it pure."""
