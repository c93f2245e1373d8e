"""The triggers and the schema: installed, described, removed."""
