"""What was said of every usage of what was admitted, so that it travels with the content."""
