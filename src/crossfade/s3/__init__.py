"""S3: immutable, content-addressed objects, and bucket administration."""

from __future__ import annotations

from crossfade.aws.credentials import Keys
from crossfade.s3.bucket import Description, create, delete, describe
from crossfade.s3.config import Config, Encryption
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
