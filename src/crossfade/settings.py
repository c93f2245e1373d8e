"""The settings, and the only reader of the environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from crossfade.cutover.gates import Thresholds
from crossfade.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0, le=3600)]
LongSeconds = Annotated[float, Field(gt=0, le=31_536_000)]
SecondsOrOff = Annotated[float, Field(ge=0, le=3600)]
Count = Annotated[int, Field(gt=0, le=100_000)]


def _named(*names: str) -> AliasChoices:
    """Return the environment variables that fill a setting, the first one winning."""
    return AliasChoices(*names)


class Settings(BaseSettings):
    """Everything that can be set, from environment variables or a `.env` file.

    AWS credentials are not settings: they come through the standard AWS chain (environment,
    shared files, container or instance role).
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True)

    database_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL, as postgresql://user:password@host:port/database",
    )
    application: str = Field(
        default="",
        validation_alias=_named("CROSSFADE_APPLICATION"),
        description="where the mappings are declared, as module:name; empty: the installed one",
    )
    dynamodb_table_name: str = Field(
        default="crossfade",
        pattern=r"^[A-Za-z0-9_.-]{3,255}$",
        validation_alias=_named("DYNAMODB_TABLE_NAME"),
        description="the DynamoDB table",
    )
    aws_region: str = Field(
        default="us-east-1",
        validation_alias=_named("AWS_REGION", "AWS_DEFAULT_REGION"),
        description="the AWS region of table and bucket",
    )
    aws_endpoint_url_dynamodb: str | None = Field(
        default=None,
        validation_alias=_named("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"),
        description="another endpoint for DynamoDB, such as a local engine",
    )
    aws_endpoint_url_s3: str | None = Field(
        default=None,
        validation_alias=_named("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        description="another endpoint for S3, such as a local engine",
    )
    s3_bucket_name: str = Field(
        default="crossfade",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        validation_alias=_named("S3_BUCKET_NAME"),
        description="the S3 bucket of large columns",
    )
    s3_sse: Literal["none", "AES256", "aws:kms"] = Field(
        default="AES256",
        validation_alias=_named("S3_SSE"),
        description="server-side encryption of objects",
    )
    s3_kms_key_id: str | None = Field(
        default=None,
        validation_alias=_named("S3_KMS_KEY_ID"),
        description="the KMS key of aws:kms",
    )
    target_timeout_seconds: Seconds = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_TARGET_TIMEOUT_SECONDS"),
        description="deadline of one DynamoDB call, retries included",
    )
    object_timeout_seconds: Seconds = Field(
        default=30.0,
        validation_alias=_named("CROSSFADE_OBJECT_TIMEOUT_SECONDS"),
        description="deadline of one S3 call, retries included",
    )
    push_queue_keys_max: Count = Field(
        default=10_000,
        validation_alias=_named("CROSSFADE_PUSH_QUEUE_KEYS_MAX"),
        description="keys waiting in the fast path; further ones are left to the relay",
    )
    push_wait_seconds: Seconds = Field(
        default=2.0,
        validation_alias=_named("CROSSFADE_PUSH_WAIT_SECONDS"),
        description="how long push(…, wait=True) waits at most",
    )
    drain_seconds: Seconds = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_DRAIN_SECONDS"),
        description="how long a shutdown lets the fast path finish",
    )
    batch_keys_max: Count = Field(
        default=100,
        validation_alias=_named("CROSSFADE_BATCH_KEYS_MAX"),
        description="keys of one step",
    )
    deliveries_max: Count = Field(
        default=32,
        validation_alias=_named("CROSSFADE_DELIVERIES_MAX"),
        description="deliveries in flight in one step",
    )
    relay_grace_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=0.5,
        validation_alias=_named("CROSSFADE_RELAY_GRACE_SECONDS"),
        description="age a dirty key must reach before the relay takes it; the fast path's lead",
    )
    relay_idle_seconds: Seconds = Field(
        default=0.5,
        validation_alias=_named("CROSSFADE_RELAY_IDLE_SECONDS"),
        description="longest pause between two looks at an empty ledger",
    )
    park_after_faults: Count = Field(
        default=5,
        validation_alias=_named("CROSSFADE_PARK_AFTER_FAULTS"),
        description="failures for a record's own reason after which its key is parked",
    )
    retry_base_seconds: Seconds = Field(
        default=0.5,
        validation_alias=_named("CROSSFADE_RETRY_BASE_SECONDS"),
        description="first pause of a key after a failure; doubles up to the longest",
    )
    retry_max_seconds: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_RETRY_MAX_SECONDS"),
        description="longest pause of a key after a failure",
    )
    breaker_failures_max: Count = Field(
        default=5,
        validation_alias=_named("CROSSFADE_BREAKER_FAILURES_MAX"),
        description="failures of a store in a row that open its breaker",
    )
    breaker_pause_seconds: Seconds = Field(
        default=1.0,
        validation_alias=_named("CROSSFADE_BREAKER_PAUSE_SECONDS"),
        description="first pause of an open breaker; doubles up to the longest",
    )
    breaker_pause_seconds_max: Seconds = Field(
        default=30.0,
        validation_alias=_named("CROSSFADE_BREAKER_PAUSE_SECONDS_MAX"),
        description="longest pause of an open breaker",
    )
    backfill_page_rows: Count = Field(
        default=500,
        validation_alias=_named("CROSSFADE_BACKFILL_PAGE_ROWS"),
        description="rows of one page of the backfill",
    )
    backfill_window_rows: Annotated[int, Field(gt=0, le=10_000_000)] = Field(
        default=10_000,
        validation_alias=_named("CROSSFADE_BACKFILL_WINDOW_ROWS"),
        description="rows of one window of the backfill, about; processes share windows",
    )
    backfill_lease_seconds: Seconds = Field(
        default=30.0,
        validation_alias=_named("CROSSFADE_BACKFILL_LEASE_SECONDS"),
        description="a window whose process was silent for so long is taken by another",
    )
    backfill_standstill_seconds: Seconds = Field(
        default=300.0,
        validation_alias=_named("CROSSFADE_BACKFILL_STANDSTILL_SECONDS"),
        description="how long the backfill waits for a store that takes nothing",
    )
    replica_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_REPLICA_URL"),
        description="a replica of PostgreSQL that verification reads whole tables from",
    )
    replica_wait_seconds: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_REPLICA_WAIT_SECONDS"),
        description="how long verification waits for the replica to catch up",
    )
    verify_statement_seconds: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_VERIFY_STATEMENT_SECONDS"),
        description="how long one statement of verification may take",
    )
    verify_read_units: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        validation_alias=_named("CROSSFADE_VERIFY_READ_UNITS"),
        description="read units a second that verification may use; empty: no limit",
    )
    verify_folder: str = Field(
        default="",
        validation_alias=_named("CROSSFADE_VERIFY_FOLDER"),
        description="where a pass keeps what it has read; empty: the system's temporary files",
    )
    lag_alarm_seconds: Annotated[float, Field(gt=0)] = Field(
        default=300.0,
        validation_alias=_named("CROSSFADE_LAG_ALARM_SECONDS"),
        description="age of an undelivered write at which verification raises an alarm",
    )
    pulse_seconds: SecondsOrOff = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_PULSE_SECONDS"),
        description="how often a process tells the dashboard of itself; 0: never",
    )
    canary_seconds: SecondsOrOff = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_CANARY_SECONDS"),
        description="how often a relay sends a row of its own end to end; 0: never",
    )
    operator_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_OPERATOR_TOKEN"),
        description="what operators sign in to the dashboard with; at least 16 characters",
    )
    reveal_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_REVEAL_TOKEN"),
        description="signs in with the right to see content; empty: nobody has it",
    )
    dashboard_https: bool = Field(
        default=False,
        validation_alias=_named("CROSSFADE_DASHBOARD_HTTPS"),
        description="whether browsers reach the dashboard by https only, through a proxy",
    )
    gate_dirty_keys_max: Count = Field(
        default=1000,
        validation_alias=_named("CROSSFADE_GATE_DIRTY_KEYS_MAX"),
        description="gate: keys on their way, at most",
    )
    gate_lag_seconds_max: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_GATE_LAG_SECONDS_MAX"),
        description="gate: age of the oldest key on its way, at most",
    )
    gate_full_pass_seconds_max: LongSeconds = Field(
        default=86_400.0,
        validation_alias=_named("CROSSFADE_GATE_FULL_PASS_SECONDS_MAX"),
        description="gate: age of the newest full pass, at most",
    )
    gate_verified_seconds_max: LongSeconds = Field(
        default=3600.0,
        validation_alias=_named("CROSSFADE_GATE_VERIFIED_SECONDS_MAX"),
        description="gate: age of the oldest write that was not compared since, at most",
    )
    gate_quiet_seconds_min: LongSeconds = Field(
        default=1_209_600.0,
        validation_alias=_named("CROSSFADE_GATE_QUIET_SECONDS_MIN"),
        description="gate: time without a difference, the window of validation; two weeks",
    )
    gate_canary_seconds_max: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_GATE_CANARY_SECONDS_MAX"),
        description="gate: age of the newest canary in the target, at most",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto",
        validation_alias=_named("CROSSFADE_LOG_FORMAT"),
        description="console lines or JSON lines; auto: console on a terminal",
    )

    @property
    def thresholds(self) -> Thresholds:
        """What the gates ask for."""
        return Thresholds(
            dirty_keys_max=self.gate_dirty_keys_max,
            lag_seconds_max=self.gate_lag_seconds_max,
            full_pass_seconds_max=self.gate_full_pass_seconds_max,
            verified_seconds_max=self.gate_verified_seconds_max,
            quiet_seconds_min=self.gate_quiet_seconds_min,
            canary_seconds_max=self.gate_canary_seconds_max,
        )

    @property
    def dsn(self) -> str:
        """The database's URL, password included: not for logs.

        Raises:
            ConfigurationError: it is not set.
        """
        dsn = self.database_url.get_secret_value()
        if not dsn:
            raise ConfigurationError(
                "database_url: not set; set DATABASE_URL, such as "
                "postgresql://user@localhost/database; `crossfade local up` prints a local one"
            )
        return dsn


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: naming each setting that is missing or malformed, never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(
            f"{problems}. Set the environment variable, or put it into .env; "
            "`crossfade local up` prints those of the local engines"
        ) from None
