"""PostgreSQL, DynamoDB and S3 on one machine, without an account (extra ``local``)."""

from crossfade.local.http import status_of
from crossfade.local.ministack import ACCESS_KEY, REGION, SECRET_KEY, MinistackProgram
from crossfade.local.ports import free_port
from crossfade.local.postgres import PostgresProgram, wheel_binaries
from crossfade.local.program import HOST, Account, Program
from crossfade.local.server import Lifetime, Server

__all__ = [
    "ACCESS_KEY",
    "HOST",
    "REGION",
    "SECRET_KEY",
    "Account",
    "Lifetime",
    "MinistackProgram",
    "PostgresProgram",
    "Program",
    "Server",
    "free_port",
    "status_of",
    "wheel_binaries",
]
