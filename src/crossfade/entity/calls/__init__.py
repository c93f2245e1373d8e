"""The calls of entities and services: chainable requests with `params`, `go` and `commit`."""
