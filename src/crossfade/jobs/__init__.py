"""What every job is built on: a loop that repeats its step, a breaker, the entities it skips."""
