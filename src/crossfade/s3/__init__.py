"""Large columns in S3: immutable objects named by their content."""

from __future__ import annotations

from crossfade.s3.bucket import Description, create, delete, describe
from crossfade.s3.config import Config, Encryption, Keys
from crossfade.s3.store import Head, Listed, ObjectStore
from crossfade.s3.transcripts import Transcripts

__all__ = [
    "Config",
    "Description",
    "Encryption",
    "Head",
    "Keys",
    "Listed",
    "ObjectStore",
    "Transcripts",
    "create",
    "delete",
    "describe",
]
