"""Measurements (`make bench`); results with machine and commit are kept in docs/benchmarks.md."""
