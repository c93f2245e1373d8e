-- Findings are listed by filters, newest first or by key, in pages. Each list is a merge over the
-- kinds of findings that it covers, of which there are few, so that two indexes serve every filter.
-- With closed_at in them, counting and finding the next one of a kind need not read the table.
CREATE INDEX finding_by_age ON crossfade.finding
    ((closed_at IS NULL), entity, verdict, cause, first_seen, id) INCLUDE (closed_at);
CREATE INDEX finding_by_name ON crossfade.finding
    ((closed_at IS NULL), entity, verdict, cause, key, id) INCLUDE (closed_at);

-- The kinds of findings that there are, read by leaping from one to the next in the index.
CREATE VIEW crossfade.finding_kind AS
WITH RECURSIVE kind AS (
    (
        SELECT closed_at IS NULL AS is_open, entity, verdict, cause
        FROM crossfade.finding
        ORDER BY (closed_at IS NULL), entity, verdict, cause
        LIMIT 1
    )
    UNION ALL
    SELECT following.is_open, following.entity, following.verdict, following.cause
    FROM kind
    CROSS JOIN LATERAL (
        SELECT closed_at IS NULL AS is_open, entity, verdict, cause
        FROM crossfade.finding
        WHERE ((closed_at IS NULL), entity, verdict, cause)
            > (kind.is_open, kind.entity, kind.verdict, kind.cause)
        ORDER BY (closed_at IS NULL), entity, verdict, cause
        LIMIT 1
    ) AS following
)
SELECT is_open, entity, verdict, cause FROM kind;

-- When the stores were last seen to differ.
CREATE INDEX finding_closed ON crossfade.finding (closed_at) WHERE closed_at IS NOT NULL;

-- Parked keys are few; neither the columns nor the condition change when another key is written.
CREATE INDEX ledger_parked ON crossfade.ledger (entity, key) WHERE parked_reason IS NOT NULL;

-- What operators asked for. A worker takes the oldest one, renews its lease while it works, and says
-- how it ended; a request whose lease has run out is taken by another. Asking for what is asked for
-- already changes nothing, and one request is worked on at a time.
CREATE TABLE crossfade.request (
    id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT request_pkey PRIMARY KEY,
    kind         text NOT NULL
                 CONSTRAINT request_kind CHECK (kind IN ('verify', 'repair', 'unpark', 'reveal')),
    arguments    jsonb NOT NULL DEFAULT '{}',
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state        text NOT NULL DEFAULT 'waiting'
                 CONSTRAINT request_state
                 CHECK (state IN ('waiting', 'running', 'done', 'failed', 'withdrawn')),
    worker       uuid,
    attempts     integer NOT NULL DEFAULT 0,
    taken_at     timestamptz,
    lease_until  timestamptz,
    finished_at  timestamptz,
    outcome      text,
    CONSTRAINT request_finished
        CHECK ((finished_at IS NULL) = (state IN ('waiting', 'running')))
);
CREATE UNIQUE INDEX request_asked ON crossfade.request (kind, arguments) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX request_running ON crossfade.request (state) WHERE state = 'running';

-- What a request to reveal brought to light, for the one who asked, until it expires. The request
-- itself stays, as a record of who looked at what and when.
CREATE TABLE crossfade.revealed (
    request    bigint CONSTRAINT revealed_pkey PRIMARY KEY
               REFERENCES crossfade.request ON DELETE CASCADE,
    content    jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);

REVOKE ALL ON crossfade.finding_kind, crossfade.request, crossfade.revealed FROM PUBLIC;
