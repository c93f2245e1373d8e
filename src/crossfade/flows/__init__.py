"""One job per file, each a `step` that does one bounded batch; `loop` repeats a step for ever."""
