"""The compliance log: one record per judged URL, written before its outcome takes effect, and what reads it back."""
