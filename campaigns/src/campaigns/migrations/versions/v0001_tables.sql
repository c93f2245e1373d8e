CREATE TYPE plan_tier AS ENUM ('FREE', 'supporter-v1', 'TABLE');
CREATE TYPE game_system AS ENUM ('dnd-5e', 'pf-2e', 'CALL_OF_CTHULHU', 'HOMEBREW');
CREATE TYPE campaign_status AS ENUM ('PLANNING', 'ACTIVE', 'HIATUS', 'COMPLETED', 'ARCHIVED');
CREATE TYPE session_status AS ENUM
  ('DRAFT', 'UPLOADED', 'TRANSCRIBING', 'TRANSCRIBED', 'SUMMARISING', 'READY', 'FAILED');
CREATE TYPE transcript_source AS ENUM ('PASTED', 'FILE', 'AWS_TRANSCRIBE', 'WHISPER');
CREATE TYPE member_role AS ENUM ('GM', 'PLAYER', 'SPECTATOR');

CREATE TABLE users (
  id text CONSTRAINT users_pkey PRIMARY KEY,
  email text NOT NULL,
  name text,
  password_hash bytea,
  discord_user_id bigint,
  time_zone varchar(64) NOT NULL DEFAULT 'UTC',
  plan_tier plan_tier NOT NULL DEFAULT 'FREE',
  quota_bytes bigint NOT NULL DEFAULT 5368709120,
  credit_balance numeric(12,4) NOT NULL DEFAULT 0,
  preferences jsonb NOT NULL DEFAULT '{}',
  recovery_codes text[] DEFAULT ARRAY[]::text[],
  last_login_at timestamptz(6),
  created_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamp(3) NOT NULL
);
-- One account per address, however it is capitalised, without the citext extension.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_discord_user_id_key ON users (discord_user_id);

CREATE TABLE campaigns (
  id uuid DEFAULT gen_random_uuid() CONSTRAINT campaigns_pkey PRIMARY KEY,
  user_id text NOT NULL,
  slug varchar(80) NOT NULL,
  name varchar(200) NOT NULL,
  description text,
  system game_system NOT NULL DEFAULT 'dnd-5e',
  status campaign_status NOT NULL DEFAULT 'PLANNING',
  tags text[] DEFAULT ARRAY[]::text[],
  player_names text[] DEFAULT ARRAY[]::text[],
  settings jsonb,
  house_rules json,
  cover_image_key text,
  started_on date,
  usual_start time(0),
  party_level smallint NOT NULL DEFAULT 1,
  treasury_gp numeric(14,2) NOT NULL DEFAULT 0,
  session_count integer NOT NULL DEFAULT 0,
  revision integer NOT NULL DEFAULT 0,
  is_public boolean NOT NULL DEFAULT false,
  sequel_of_id uuid,
  archived_at timestamptz(3),
  created_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamp(3) NOT NULL,
  CONSTRAINT campaigns_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT campaigns_sequel_of_id_fkey FOREIGN KEY (sequel_of_id)
    REFERENCES campaigns (id) ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE UNIQUE INDEX campaigns_user_id_slug_key ON campaigns (user_id, slug);
CREATE INDEX campaigns_user_id_status_updated_at_idx
  ON campaigns (user_id, status, updated_at DESC);

CREATE TABLE sessions (
  id text CONSTRAINT sessions_pkey PRIMARY KEY,
  user_id text NOT NULL,
  campaign_id uuid,
  number integer,
  name varchar(200) NOT NULL,
  description text,
  status session_status NOT NULL DEFAULT 'DRAFT',
  error_message text,
  played_on date,
  started_at timestamptz(6),
  ended_at timestamptz(6),
  duration_ms bigint,
  audio_storage_key varchar(1024),
  audio_bytes bigint,
  audio_sha256 bytea,
  transcription_job_id text,
  transcript_source transcript_source,
  transcript_lang char(5),
  transcript_text text,
  transcript_json jsonb,
  transcript_updated_at timestamptz(6),
  word_count integer,
  avg_confidence double precision,
  loudness_lufs real,
  transcription_cost_usd numeric(10,6),
  xp_awarded numeric(65,30),
  summary text,
  player_recap text,
  notes text,
  speaker_names jsonb,
  metrics jsonb,
  key_moments jsonb[] DEFAULT ARRAY[]::jsonb[],
  tags text[] DEFAULT ARRAY[]::text[],
  initiative integer[] DEFAULT ARRAY[]::integer[],
  is_starred boolean,
  share_token text NOT NULL,
  share_expires_at timestamptz(0),
  revision integer NOT NULL DEFAULT 0,
  search_vector tsvector,
  created_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamp(3) NOT NULL,
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT sessions_campaign_id_fkey FOREIGN KEY (campaign_id)
    REFERENCES campaigns (id) ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE UNIQUE INDEX sessions_share_token_key ON sessions (share_token);
CREATE UNIQUE INDEX sessions_campaign_id_number_key ON sessions (campaign_id, number);
CREATE INDEX sessions_user_id_created_at_idx ON sessions (user_id, created_at DESC);
CREATE INDEX sessions_campaign_id_played_on_idx ON sessions (campaign_id, played_on);
CREATE INDEX sessions_search_vector_idx ON sessions USING gin (search_vector);

CREATE TABLE campaign_members (
  campaign_id uuid NOT NULL,
  user_id text NOT NULL,
  role member_role NOT NULL DEFAULT 'PLAYER',
  nickname text,
  joined_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT campaign_members_pkey PRIMARY KEY (campaign_id, user_id),
  CONSTRAINT campaign_members_campaign_id_fkey FOREIGN KEY (campaign_id)
    REFERENCES campaigns (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT campaign_members_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX campaign_members_user_id_idx ON campaign_members (user_id);

CREATE TABLE characters (
  id serial CONSTRAINT characters_pkey PRIMARY KEY,
  campaign_id uuid NOT NULL,
  name varchar(120) NOT NULL,
  played_by text,
  sheet jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT characters_campaign_id_fkey FOREIGN KEY (campaign_id)
    REFERENCES campaigns (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX characters_campaign_id_name_key ON characters (campaign_id, name);

CREATE TABLE character_sessions (
  character_id integer NOT NULL,
  session_id text NOT NULL,
  CONSTRAINT character_sessions_pkey PRIMARY KEY (character_id, session_id),
  CONSTRAINT character_sessions_character_id_fkey FOREIGN KEY (character_id)
    REFERENCES characters (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT character_sessions_session_id_fkey FOREIGN KEY (session_id)
    REFERENCES sessions (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX character_sessions_session_id_idx ON character_sessions (session_id);

CREATE FUNCTION session_search_refresh() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_vector :=
       setweight(to_tsvector('simple', concat_ws(' ', NEW.name, array_to_string(NEW.tags, ' '))), 'A')
    || setweight(to_tsvector('english', concat_ws(' ', NEW.description, NEW.summary)), 'B')
    || setweight(to_tsvector('english', coalesce(NEW.transcript_text, '')), 'D');
  RETURN NEW;
END $$;
CREATE TRIGGER session_search_refresh
  BEFORE INSERT OR UPDATE OF name, tags, description, summary, transcript_text
  ON sessions FOR EACH ROW EXECUTE FUNCTION session_search_refresh();
