"""TDM Reservation Protocol: tdmrep.json, fields, pages, files and policies."""
