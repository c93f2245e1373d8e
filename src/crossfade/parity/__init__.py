"""Verification: a pass over everything, or every key soon after its delivery."""
