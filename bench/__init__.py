"""Benchmarks: Crossfade beside the usual client, other libraries and a lower bound, in one run."""
