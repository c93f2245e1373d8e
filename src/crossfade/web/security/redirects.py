"""Check the targets of redirects."""

from __future__ import annotations

from urllib.parse import urlsplit

UNSAFE = frozenset("\\") | {chr(code) for code in (*range(0x21), *range(0x7F, 0xA1))}


def safe_next(url: str, default: str = "/") -> str:
    """Return the address if it is a path on this site, else the default.

    Browsers read backslashes as slashes and drop tabs and line ends, so any of them makes an
    address unsafe.
    """
    if not url.startswith("/") or url.startswith("//") or UNSAFE & set(url):
        return default
    try:
        parts = urlsplit(url)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc or parts.path.startswith("//") else url
