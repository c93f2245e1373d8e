"""Side-by-side measurements: ours, the usual client, the best peer and the floor, in one run."""
