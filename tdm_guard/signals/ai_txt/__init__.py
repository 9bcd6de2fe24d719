"""ai.txt and its declarations."""
