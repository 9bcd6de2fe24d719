"""The documents of Really Simple Licensing, which the signal and the import of lists read."""
