"""Inputs of the actions on transcripts, searches and shared recaps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from campaigns import fields as accept
from campaigns.enums import TranscriptSource
from campaigns.inputs import Input, PageRequest
from campaigns.transcripts import JSON_BYTES_MAX, Form
from campaigns.transcripts.turns import SPEAKER_CHARACTERS_MAX, TURN_CHARACTERS_MAX, TURNS_MAX

SEARCH_CHARACTERS_MAX = 200
FOUND_SESSIONS_MAX = 20

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
SpeakerName = Annotated[accept.Text, Field(min_length=1, max_length=SPEAKER_CHARACTERS_MAX)]


class TranscriptUpload(Input):
    """A transcript file that replaces the session's transcript.

    Attributes:
        expected_revision: the session's revision that the change was made for.
        content: the file, at most 16 MiB of JSON or 2 MiB of another format.
        form: its format.
        source: the source of the transcript.
        lang: its language, such as ``en`` or ``en-GB``.
    """

    expected_revision: accept.Revision
    content: bytes = Field(max_length=JSON_BYTES_MAX, repr=False)
    form: Form
    source: TranscriptSource = TranscriptSource.FILE
    lang: accept.Language | None = None


class TurnChanges(Input):
    """A new text and speaker for one turn.

    Attributes:
        position: position of the turn, from 0.
        expected: digest of the turn that the change was made for.
        text: the new text.
        speaker: the new speaker; null for unknown.
    """

    position: int = Field(ge=0, lt=TURNS_MAX)
    expected: Digest
    text: Annotated[accept.Text, Field(min_length=1, max_length=TURN_CHARACTERS_MAX)]
    speaker: SpeakerName | None = None


class SpeakerChanges(Input):
    """A new name for a speaker.

    Attributes:
        expected_revision: the session's revision that the change was made for.
        speaker: the current name.
        name: the new name.
        merge: whether the new name may be another speaker's, so that the two are merged.
    """

    expected_revision: accept.Revision
    speaker: SpeakerName
    name: SpeakerName
    merge: bool = False


class SessionSearch(PageRequest):
    """A search in the name, tags, summary, description and transcript of sessions.

    Attributes:
        words: a web search query: ``"a phrase"``, ``-without``, ``or``.
        campaign_id: search only in this campaign.
    """

    words: Annotated[accept.Text, Field(min_length=1, max_length=SEARCH_CHARACTERS_MAX)]
    campaign_id: accept.CampaignId | None = None
    limit: int = Field(default=10, ge=1, le=FOUND_SESSIONS_MAX)


class ShareRequest(Input):
    """A shared link to a session's recap.

    Attributes:
        expected_revision: the session's revision to share.
        expires_at: when the link expires, at most a year ahead.
    """

    expected_revision: accept.Revision
    expires_at: accept.Instant
