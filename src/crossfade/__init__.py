"""Crossfade: move a live PostgreSQL application to DynamoDB and S3, and prove nothing was lost."""
