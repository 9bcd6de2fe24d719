"""What maintainers run: pages that are written from the sources, and lists that are brought up to date."""
