"""A null server for DynamoDB: it answers at once and stores nothing, in a separate process.

`python -m bench.dynamo_null [CERTIFICATE]` prints its port and serves until its input ends.
"""

from __future__ import annotations

import ssl
import sys
from contextlib import AbstractAsyncContextManager
from functools import cache
from zlib import crc32

import orjson
import uvloop

from bench.dynamo_items import ITEM, PAGE_ITEMS, TABLE
from bench.serving import process_of, serve

MARK = b"dynamodb_20120810."


def answer(content: object) -> bytes:
    """Return a complete response with the headers of DynamoDB."""
    body = orjson.dumps(content)
    head = (
        "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Sat, 03 Jan 2026 12:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n"
        "x-amzn-RequestId: 6HQ1O6U3JM0OEXAMPLE7JV3RVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


ANSWERS = {
    b"PutItem": answer({}),
    b"GetItem": answer({"Item": ITEM}),
    b"Query": answer({"Items": [ITEM] * PAGE_ITEMS, "Count": PAGE_ITEMS, "ScannedCount": 25}),
    b"BatchWriteItem": answer({"UnprocessedItems": {}}),
    b"DescribeTable": answer(
        {
            "Table": {
                "TableName": TABLE,
                "TableStatus": "ACTIVE",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            }
        }
    ),
}


def respond(head: bytes, body: bytes) -> bytes:
    """Return the response to a request by its operation."""
    target = head[head.lower().index(MARK) + len(MARK) :]
    operation = target.split(b"\r\n", 1)[0].strip()
    if operation == b"BatchExecuteStatement":
        return written(body.count(b'"Statement":'))
    return ANSWERS[operation]


@cache
def written(statements: int) -> bytes:
    """Return the response to a batch of inserts."""
    return answer({"Responses": [{"TableName": TABLE}] * statements})


def null_server(certificate: str = "") -> AbstractAsyncContextManager[int]:
    """Run the server in a separate process; yield its port on 127.0.0.1."""
    return process_of(__name__, certificate)


def tls_context(certificate: str) -> ssl.SSLContext:
    """Return a server's TLS context for a certificate file."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


if __name__ == "__main__":
    uvloop.run(serve(respond, tls_context(sys.argv[1]) if any(sys.argv[1:]) else None))
