"""Benchmarks: each measures us and a peer or a floor side by side, in one run, and prints what it did."""
