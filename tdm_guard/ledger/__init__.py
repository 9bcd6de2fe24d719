"""Judging and logging without a network: what a guard and a ledger write down, and what an earlier run left."""
