"""What the actions on transcripts, searches and shared recaps take."""

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
    """A transcript as a file has it; it replaces the one before.

    Attributes:
        expected_revision: the session's revision that the caller has seen.
        content: the file, at most 16 MiB as JSON and 2 MiB in any other form.
        form: how it is written.
        source: where it came from.
        lang: its language, such as ``en`` or ``en-GB``.
    """

    expected_revision: accept.Revision
    content: bytes = Field(max_length=JSON_BYTES_MAX, repr=False)
    form: Form
    source: TranscriptSource = TranscriptSource.FILE
    lang: accept.Language | None = None


class TurnChanges(Input):
    """Another text or speaker for one turn.

    Attributes:
        position: the turn's, from 0.
        expected: the digest of the turn that the caller has seen.
        text: what was said.
        speaker: who said it, null for nobody.
    """

    position: int = Field(ge=0, lt=TURNS_MAX)
    expected: Digest
    text: Annotated[accept.Text, Field(min_length=1, max_length=TURN_CHARACTERS_MAX)]
    speaker: SpeakerName | None = None


class SpeakerChanges(Input):
    """Another name for somebody who speaks.

    Attributes:
        expected_revision: the session's revision that the caller has seen.
        speaker: the name so far.
        name: the new one.
        merge: whether it may be the name of somebody else who speaks; the two become one.
    """

    expected_revision: accept.Revision
    speaker: SpeakerName
    name: SpeakerName
    merge: bool = False


class SessionSearch(PageRequest):
    """Sessions that have the words in their name, tags, summary, description or transcript.

    Attributes:
        words: as in a web search: ``"a phrase"``, ``-without``, ``or``.
        campaign_id: of one campaign; of all unless given.
    """

    words: Annotated[accept.Text, Field(min_length=1, max_length=SEARCH_CHARACTERS_MAX)]
    campaign_id: accept.CampaignId | None = None
    limit: int = Field(default=10, ge=1, le=FOUND_SESSIONS_MAX)


class ShareRequest(Input):
    """A link to a session's recap for people without an account.

    Attributes:
        expected_revision: the session's revision that the caller has seen: what it shares.
        expires_at: until when the link works, at most a year ahead.
    """

    expected_revision: accept.Revision
    expires_at: accept.Instant
