"""Lists of works in tables and documents of several forms, as rows."""
