"""An HTTP/1.1 client with a connection pool."""
