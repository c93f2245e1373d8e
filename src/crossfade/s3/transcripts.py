"""The transcripts of sessions, under the method names that the application uses."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable

from crossfade.mapping.object_keys import parse_object_key
from crossfade.s3.store import ObjectStore

PREFIX = "transcripts"


class Transcripts:
    """Transcripts as objects with the keys ``transcripts/<session id>/<sha256>``.

    Every method raises the errors of the `ObjectStore` method that it calls.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def upload_transcript(self, session_id: str, content: str) -> str:
        """Store a transcript and return its key, for the session's ``transcriptStorageKey``."""
        return await self._store.put_text(PREFIX, session_id, content)

    async def upload_transcript_stream(self, session_id: str, chunks: AsyncIterable[bytes]) -> str:
        """Store a transcript that arrives in pieces, and return its key."""
        return await self._store.put_stream(PREFIX, session_id, chunks)

    async def get_transcript(self, key: str) -> str:
        """Return the transcript stored under a key."""
        parse_object_key(key, (PREFIX,))
        return await self._store.get_text(key)

    def open_transcript(self, key: str) -> AsyncGenerator[bytes, None]:
        """Return the pieces of the transcript stored under a key."""
        parse_object_key(key, (PREFIX,))
        return self._store.open_stream(key)
