"""The settings; the only module that reads the environment."""

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
    """Return the environment variables of a setting; the first one that is set applies."""
    return AliasChoices(*names)


class Settings(BaseSettings):
    """The settings, from environment variables or a `.env` file.

    AWS credentials are not settings: they come from the standard AWS chain (environment, shared
    files, container or instance role).
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
        description="the application with the mappings, as module:name; empty: the installed one",
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
        description="the AWS region of the table and the bucket",
    )
    aws_endpoint_url_dynamodb: str | None = Field(
        default=None,
        validation_alias=_named("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"),
        description="a different endpoint for DynamoDB, such as a local engine",
    )
    aws_endpoint_url_s3: str | None = Field(
        default=None,
        validation_alias=_named("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        description="a different endpoint for S3, such as a local engine",
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
        description="the KMS key for aws:kms",
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
        description="rows that may wait in the fast path; further ones are left to the relay",
    )
    push_wait_seconds: Seconds = Field(
        default=2.0,
        validation_alias=_named("CROSSFADE_PUSH_WAIT_SECONDS"),
        description="longest wait of push(…, wait=True)",
    )
    drain_seconds: Seconds = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_DRAIN_SECONDS"),
        description="longest wait for the fast path at a shutdown",
    )
    batch_keys_max: Count = Field(
        default=100,
        validation_alias=_named("CROSSFADE_BATCH_KEYS_MAX"),
        description="keys per step of the relay",
    )
    deliveries_max: Count = Field(
        default=32,
        validation_alias=_named("CROSSFADE_DELIVERIES_MAX"),
        description="concurrent deliveries in one step",
    )
    relay_grace_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=0.5,
        validation_alias=_named("CROSSFADE_RELAY_GRACE_SECONDS"),
        description="age of a dirty key from which the relay, not only the fast path, delivers it",
    )
    relay_idle_seconds: Seconds = Field(
        default=0.5,
        validation_alias=_named("CROSSFADE_RELAY_IDLE_SECONDS"),
        description="longest pause between polls of the ledger without dirty keys",
    )
    park_after_faults: Count = Field(
        default=5,
        validation_alias=_named("CROSSFADE_PARK_AFTER_FAULTS"),
        description="failures caused by a record after which its key is parked",
    )
    retry_base_seconds: Seconds = Field(
        default=0.5,
        validation_alias=_named("CROSSFADE_RETRY_BASE_SECONDS"),
        description="first pause of a key after a failure; it doubles with each further one",
    )
    retry_max_seconds: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_RETRY_MAX_SECONDS"),
        description="longest pause of a key after a failure",
    )
    breaker_failures_max: Count = Field(
        default=5,
        validation_alias=_named("CROSSFADE_BREAKER_FAILURES_MAX"),
        description="consecutive failures of a store that open its breaker",
    )
    breaker_pause_seconds: Seconds = Field(
        default=1.0,
        validation_alias=_named("CROSSFADE_BREAKER_PAUSE_SECONDS"),
        description="first pause of an open breaker; it doubles with each failed trial",
    )
    breaker_pause_seconds_max: Seconds = Field(
        default=30.0,
        validation_alias=_named("CROSSFADE_BREAKER_PAUSE_SECONDS_MAX"),
        description="longest pause of an open breaker",
    )
    backfill_page_rows: Count = Field(
        default=500,
        validation_alias=_named("CROSSFADE_BACKFILL_PAGE_ROWS"),
        description="rows per page of the backfill",
    )
    backfill_window_rows: Annotated[int, Field(gt=0, le=10_000_000)] = Field(
        default=10_000,
        validation_alias=_named("CROSSFADE_BACKFILL_WINDOW_ROWS"),
        description="approximate rows per window of the backfill; processes share windows",
    )
    backfill_lease_seconds: Seconds = Field(
        default=30.0,
        validation_alias=_named("CROSSFADE_BACKFILL_LEASE_SECONDS"),
        description="lease of a window; after its expiry another process takes the window",
    )
    backfill_standstill_seconds: Seconds = Field(
        default=300.0,
        validation_alias=_named("CROSSFADE_BACKFILL_STANDSTILL_SECONDS"),
        description="time without a copied row after which the backfill fails",
    )
    replica_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_REPLICA_URL"),
        description="a replica of PostgreSQL from which verification reads whole tables",
    )
    replica_wait_seconds: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_REPLICA_WAIT_SECONDS"),
        description="longest wait of verification for the replica to catch up",
    )
    verify_statement_seconds: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_VERIFY_STATEMENT_SECONDS"),
        description="time limit of a statement of verification",
    )
    verify_read_units: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        validation_alias=_named("CROSSFADE_VERIFY_READ_UNITS"),
        description="read units a second that verification may use; empty: no limit",
    )
    verify_folder: str = Field(
        default="",
        validation_alias=_named("CROSSFADE_VERIFY_FOLDER"),
        description="folder of the records of a pass; empty: the system's temporary folder",
    )
    lag_alarm_seconds: Annotated[float, Field(gt=0)] = Field(
        default=300.0,
        validation_alias=_named("CROSSFADE_LAG_ALARM_SECONDS"),
        description="age of an undelivered write at which verification raises an alarm",
    )
    pulse_seconds: SecondsOrOff = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_PULSE_SECONDS"),
        description="interval of a process's heartbeat for the dashboard; 0: none",
    )
    canary_seconds: SecondsOrOff = Field(
        default=5.0,
        validation_alias=_named("CROSSFADE_CANARY_SECONDS"),
        description="interval of the canary, a row that a relay delivers to itself; 0: none",
    )
    operator_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_OPERATOR_TOKEN"),
        description="token with which operators sign in to the dashboard; at least 16 characters",
    )
    reveal_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("CROSSFADE_REVEAL_TOKEN"),
        description="token for operators who may see content; empty: nobody may",
    )
    dashboard_https: bool = Field(
        default=False,
        validation_alias=_named("CROSSFADE_DASHBOARD_HTTPS"),
        description="whether browsers reach the dashboard by https only, through a proxy",
    )
    gate_dirty_keys_max: Count = Field(
        default=1000,
        validation_alias=_named("CROSSFADE_GATE_DIRTY_KEYS_MAX"),
        description="gate: most keys that are not delivered yet",
    )
    gate_lag_seconds_max: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_GATE_LAG_SECONDS_MAX"),
        description="gate: highest age of an undelivered key",
    )
    gate_full_pass_seconds_max: LongSeconds = Field(
        default=86_400.0,
        validation_alias=_named("CROSSFADE_GATE_FULL_PASS_SECONDS_MAX"),
        description="gate: highest age of the newest full pass",
    )
    gate_verified_seconds_max: LongSeconds = Field(
        default=3600.0,
        validation_alias=_named("CROSSFADE_GATE_VERIFIED_SECONDS_MAX"),
        description="gate: highest age of a write that is not compared yet",
    )
    gate_quiet_seconds_min: LongSeconds = Field(
        default=1_209_600.0,
        validation_alias=_named("CROSSFADE_GATE_QUIET_SECONDS_MIN"),
        description="gate: least time without a difference (validation window); default two weeks",
    )
    gate_canary_seconds_max: Seconds = Field(
        default=60.0,
        validation_alias=_named("CROSSFADE_GATE_CANARY_SECONDS_MAX"),
        description="gate: highest age of the newest canary in the target",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto",
        validation_alias=_named("CROSSFADE_LOG_FORMAT"),
        description="console or JSON lines; auto: console lines on a terminal",
    )

    @property
    def thresholds(self) -> Thresholds:
        """Return the thresholds of the gates."""
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
        """Return the database's URL, which contains the password and must not be logged.

        Raises:
            ConfigurationError: the URL is not set.
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
        ConfigurationError: a setting is malformed; the message names each one, never its value.
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
