"""Lists of works and members by their keys, in SQLite: how one is made of a table, and how it is looked up."""
