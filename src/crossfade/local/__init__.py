"""PostgreSQL, DynamoDB and S3 on one machine, without an account (extra ``local``)."""

from crossfade.local.detached import Up, default_folder, down, environment, status, up
from crossfade.local.http import status_of
from crossfade.local.ministack import ACCESS_KEY, REGION, SECRET_KEY, MinistackProgram
from crossfade.local.ports import free_port, is_free
from crossfade.local.postgres import PostgresProgram, wheel_binaries
from crossfade.local.program import HOST, Account, Program, closed_folder, unprivileged_account
from crossfade.local.server import Lifetime, Server, Start, State, process_of
from crossfade.local.services import EngineStatus, LocalServices, local_services

__all__ = [
    "ACCESS_KEY",
    "HOST",
    "REGION",
    "SECRET_KEY",
    "Account",
    "EngineStatus",
    "Lifetime",
    "LocalServices",
    "MinistackProgram",
    "PostgresProgram",
    "Program",
    "Server",
    "Start",
    "State",
    "Up",
    "closed_folder",
    "default_folder",
    "down",
    "environment",
    "free_port",
    "is_free",
    "local_services",
    "process_of",
    "status",
    "status_of",
    "unprivileged_account",
    "up",
    "wheel_binaries",
]
