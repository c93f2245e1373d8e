"""The rows of before: copied window by window, beside live writes."""
