"""Recorded sessions from files, and their import as campaigns with transcripts.

A file is one campaign:

    {"campaign": name, "description": text, "launched_unix_s": when the clock starts,
     "speakers": [name, ...],
     "sessions": [{"number": 1, "name": name, "starts_at_s": …, "ends_at_s": …,
                   "turns": [{"t": seconds, "speaker": name, "text": text}, ...]}, ...]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from campaigns.actions import (
    add_appearance,
    add_character,
    create_campaign,
    create_session,
    save_transcript,
)
from campaigns.app import App
from campaigns.decoding import path_of
from campaigns.enums import CampaignStatus, GameSystem, SessionStatus, TranscriptSource
from campaigns.errors import Invalid, Problem
from campaigns.inputs import NewCampaign, NewCharacter, NewSession, TranscriptChanges
from campaigns.records import Campaign

PACKAGED = Path(__file__).parent / "missions"
FILE_BYTES_MAX = 64 * 1024 * 1024
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The sum of 1970 and two of them is within the years of a datetime.
Seconds = Annotated[float, msgspec.Meta(ge=-1e10, le=1e11)]


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A turn, `t` seconds after the campaign's clock started."""

    t: int | float
    speaker: str
    text: str


class RecordedSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One session, timed in seconds after the campaign's clock started."""

    number: int
    name: str
    starts_at_s: Seconds
    ends_at_s: Seconds
    turns: tuple[Turn, ...]


class Mission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One campaign and its recorded sessions."""

    campaign: str
    description: str
    launched_unix_s: Seconds
    speakers: tuple[str, ...]
    sessions: tuple[RecordedSession, ...]


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """The progress of `load` after a session.

    Attributes:
        campaign: name of the campaign.
        sessions_done: number of loaded sessions, of all campaigns.
        sessions_total: number of sessions to load.
        transcript_bytes: length of this session's text in UTF-8.
    """

    campaign: str
    sessions_done: int
    sessions_total: int
    transcript_bytes: int


def read_missions(folder: Path = PACKAGED) -> tuple[Mission, ...]:
    """Return the campaigns of every ``*.json`` in a folder, by file name.

    Raises:
        Invalid: the folder has no such file, or a file is malformed; the error names the file and
            the field.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise Invalid(Problem(str(folder), "no *.json in it", "give a folder of recorded sessions"))
    return tuple(map(read_mission, files))


def read_mission(file: Path) -> Mission:
    """Return the campaign of one file.

    Raises:
        Invalid: the file cannot be read or is malformed; the error names the file and the field.
    """
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise Invalid(Problem(str(file), "too large", f"at most {FILE_BYTES_MAX} bytes fit"))
        return msgspec.json.decode(file.read_bytes(), type=Mission)
    except OSError as error:
        kind = error.strerror or type(error).__name__
        raise Invalid(Problem(str(file), kind, "make it readable")) from error
    except msgspec.ValidationError as error:
        field, expected = path_of(error)
        raise Invalid(Problem(f"{file}: {field}", expected, "correct the file")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(Problem(str(file), str(error), "give well-formed JSON in UTF-8")) from None


async def load(
    app: App,
    user_id: str,
    missions: Sequence[Mission],
    on_progress: Callable[[LoadProgress], None] = lambda _: None,
) -> tuple[Campaign, ...]:
    """Create a campaign for each mission, with its speakers as characters.

    Args:
        app: the application.
        user_id: owner of the campaigns.
        missions: the recordings to load.
        on_progress: called after each session.

    Raises:
        Conflict: the user already has such a campaign.
        Invalid: a mission does not fit the application's limits.
    """
    total = sum(len(mission.sessions) for mission in missions)
    campaigns = []
    done = 0
    for mission in missions:
        campaign = await create_campaign(app, user_id, campaign_of(mission))
        characters = await add_speakers(app, user_id, campaign.id, mission)
        campaigns.append(campaign)
        for session in mission.sessions:
            transcript_bytes = await add_session(app, campaign, characters, mission, session)
            done += 1
            on_progress(LoadProgress(mission.campaign, done, total, transcript_bytes))
    return tuple(campaigns)


async def add_speakers(
    app: App, user_id: str, campaign_id: str, mission: Mission
) -> dict[str, int]:
    """Create a character for each speaker; return their ids by name."""
    ids = {}
    for name in dict.fromkeys((*mission.speakers, *speakers_of(mission.sessions))):
        character = await add_character(app, user_id, campaign_id, NewCharacter(name=name))
        ids[name] = character.id
    return ids


async def add_session(
    app: App,
    campaign: Campaign,
    characters: dict[str, int],
    mission: Mission,
    recorded: RecordedSession,
) -> int:
    """Create a session with its transcript and appearances.

    Returns:
        The length of its text in UTF-8.
    """
    new = session_of(mission, recorded, campaign.id)
    session = await create_session(app, campaign.user_id, new)
    changes = transcript_of(recorded, session.revision)
    await save_transcript(app, campaign.user_id, session.id, changes)
    for name in dict.fromkeys(speakers_of([recorded])):
        await add_appearance(app, campaign.user_id, characters[name], session.id)
    return len((changes.text or "").encode())


def campaign_of(mission: Mission) -> NewCampaign:
    """Return the campaign to create for a mission."""
    return NewCampaign(
        name=mission.campaign,
        description=mission.description,
        system=GameSystem.HOMEBREW,
        status=CampaignStatus.COMPLETED,
        player_names=mission.speakers,
        started_on=moment(mission, 0).date(),
    )


def session_of(mission: Mission, recorded: RecordedSession, campaign_id: str) -> NewSession:
    """Return the session to create for a recording."""
    started_at = moment(mission, recorded.starts_at_s)
    return NewSession(
        name=recorded.name,
        campaign_id=campaign_id,
        number=recorded.number,
        status=SessionStatus.TRANSCRIBED,
        played_on=started_at.date(),
        started_at=started_at,
        ended_at=moment(mission, recorded.ends_at_s),
        duration_ms=round((recorded.ends_at_s - recorded.starts_at_s) * 1000),
        speaker_names={name: name for name in speakers_of([recorded])},
    )


def transcript_of(recorded: RecordedSession, revision: int) -> TranscriptChanges:
    """Return the transcript of a recording, as text and as a JSON document."""
    return TranscriptChanges(
        expected_revision=revision,
        text="\n".join(f"[{turn.speaker}] {turn.text}" for turn in recorded.turns),
        document=msgspec.json.encode({"turns": recorded.turns}).decode(),
        source=TranscriptSource.FILE,
        lang="en",
    )


def speakers_of(sessions: Sequence[RecordedSession]) -> Iterator[str]:
    """Return the speaker of each turn."""
    return (turn.speaker for session in sessions for turn in session.turns)


def moment(mission: Mission, seconds: float) -> datetime:
    """Return the time `seconds` after a mission's clock started; it may be before 1970."""
    return UNIX_EPOCH + timedelta(seconds=mission.launched_unix_s + seconds)
