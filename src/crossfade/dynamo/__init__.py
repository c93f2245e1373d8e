"""DynamoDB: a data-plane client of its own, the versioned target, the table."""

from crossfade.dynamo.batch import batch_get, batch_write
from crossfade.dynamo.client import Client
from crossfade.dynamo.config import Config
from crossfade.dynamo.paginate import items, pages
from crossfade.dynamo.process import connect
from crossfade.dynamo.request import Request, Response, Transport
from crossfade.dynamo.target import Target

__all__ = [
    "Client",
    "Config",
    "Request",
    "Response",
    "Target",
    "Transport",
    "batch_get",
    "batch_write",
    "connect",
    "items",
    "pages",
]
