"""The forms that reports, worklists, preferences and statements have, by the words of `--format`."""

REPORT = ("markdown", "json", "csv", "html", "parquet")
WORKLIST = ("text", "csv", "json")
PREFERENCES = ("jsonl", "parquet", "croissant")
STATEMENT = ("html", "json", "atom")
