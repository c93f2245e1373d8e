"""The declarations of an entity, their checks, and their JSON form."""
