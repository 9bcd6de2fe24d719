"""Really Simple Licensing: documents, sites, declarations and files."""
