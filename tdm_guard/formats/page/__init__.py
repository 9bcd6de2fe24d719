"""HTML pages: tokens, tags, scripts, and what they say of works."""
