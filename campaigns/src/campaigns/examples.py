"""An example row of each table, as PostgreSQL prints it, for displays of keys and requests."""

from __future__ import annotations

USER_ID = "0c4f3c1e-8d5b-4b0e-9d52-2f6a4f1f7a11"
CAMPAIGN_ID = "7d0c2f4a-3b1e-4c55-8a90-5e2b1c9d6f01"
SESSION_ID = "a2b8e5d4-91c7-4f3e-b6a0-0d7c8e9f1b22"
CREATED_AT = "2026-01-31 18:00:00.125"

EXAMPLES: dict[str, dict[str, str | None]] = {
    "user": {
        "id": USER_ID,
        "email": "mira@example.org",
        "name": "Mira",
        "time_zone": "Europe/Berlin",
        "plan_tier": "TABLE",
        "quota_bytes": "5368709120",
        "credit_balance": "12.5000",
        "preferences": "{}",
        "recovery_codes": "{}",
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
    },
    "campaign": {
        "id": CAMPAIGN_ID,
        "user_id": USER_ID,
        "slug": "the-sunken-keep",
        "name": "The Sunken Keep",
        "description": "Four strangers and a tide that does not turn.",
        "system": "dnd-5e",
        "status": "ACTIVE",
        "tags": "{horror,coast}",
        "player_names": "{Aldous,Brin,Cato}",
        "started_on": "2026-02-07",
        "usual_start": "19:30:00",
        "party_level": "3",
        "treasury_gp": "1250.50",
        "session_count": "1",
        "revision": "4",
        "is_public": "f",
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
    },
    "session": {
        "id": SESSION_ID,
        "user_id": USER_ID,
        "campaign_id": CAMPAIGN_ID,
        "number": "1",
        "name": "Low tide",
        "status": "TRANSCRIBED",
        "played_on": "2026-02-07",
        "started_at": "2026-02-07 18:31:12.045+00",
        "ended_at": "2026-02-07 22:04:40+00",
        "duration_ms": "12807955",
        "transcript_lang": "en   ",
        "word_count": "21877",
        "tags": "{}",
        "key_moments": "{}",
        "initiative": "{17,12,12,4}",
        "is_starred": "t",
        "share_token": "k3Yw0Jm7aX1bQ9dE",
        "revision": "2",
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
    },
    "member": {
        "campaign_id": CAMPAIGN_ID,
        "user_id": USER_ID,
        "role": "GM",
        "joined_at": "2026-01-31 18:00:00.125+00",
    },
    "character": {
        "id": "1",
        "campaign_id": CAMPAIGN_ID,
        "name": "Aldous",
        "played_by": "Mira",
        "sheet": '{"class": "cleric", "level": 3}',
    },
    "appearance": {"character_id": "1", "session_id": SESSION_ID},
    "api-token": {
        "id": "5be3a0c9-64d1-4c0a-8f7e-3d92b1f06a33",
        "user_id": USER_ID,
        "name": "Backup script",
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "created_at": "2026-01-31 18:00:00.125+00",
        "expires_at": "2027-01-31 18:00:00+00",
    },
}
