"""AIPREF: Content-Usage in robots.txt, fields and pages."""
