"""What nobody needs to read in an address, and how it is left out."""
