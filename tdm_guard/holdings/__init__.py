"""
What the operator holds: declarations, authorisations, reviews and lists, read from the files that options name.

The one package below the cache and the log that opens files: those that it is told to, once, when a run starts.
"""
