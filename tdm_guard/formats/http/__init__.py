"""Fields and bodies as HTTP brings them: codings, types, links, freshness (RFC 9110, 9111)."""
