"""DynamoDB: a client of the data plane, the target of versioned puts, and table administration."""

from crossfade.dynamo.admin.plan import Description, Index, Plan
from crossfade.dynamo.admin.table import create_table, delete_table, describe_table
from crossfade.dynamo.batch import batch_get, batch_write
from crossfade.dynamo.client import Client
from crossfade.dynamo.config import Config
from crossfade.dynamo.paginate import items, pages
from crossfade.dynamo.request import Request, Response, Transport
from crossfade.dynamo.scan import Page, TableScan
from crossfade.dynamo.shared import connect
from crossfade.dynamo.target import Target

__all__ = [
    "Client",
    "Config",
    "Description",
    "Index",
    "Page",
    "Plan",
    "Request",
    "Response",
    "TableScan",
    "Target",
    "Transport",
    "batch_get",
    "batch_write",
    "connect",
    "create_table",
    "delete_table",
    "describe_table",
    "items",
    "pages",
]
