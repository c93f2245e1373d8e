"""The parts that jobs share: a loop that repeats a step, a breaker, the entities to skip."""
