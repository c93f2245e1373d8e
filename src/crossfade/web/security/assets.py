"""Static files with a content hash in their address, so that browsers may cache them forever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HASH_CHARACTERS = 12
CACHE_CONTROL = "public, max-age=31536000, immutable"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in memory."""

    address: str
    content: bytes
    media_type: str


class Assets:
    """The files of one folder; no other file is served."""

    def __init__(self, folder: Path, prefix: str = "/static") -> None:
        """Read the files.

        Args:
            folder: the folder of the files; subfolders are ignored.
            prefix: the first part of their addresses.
        """
        self._prefix = prefix
        files = [path for path in sorted(folder.iterdir()) if path.suffix in TYPES]
        self._by_name = {path.name: _read(path) for path in files}
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """Return a file's address.

        Raises:
            KeyError: no file has this name.
        """
        return f"{self._prefix}/{self._by_name[name].address}"

    def route(self) -> Route:
        """Return the route that serves the files."""
        return Route(f"{self._prefix}/{{address}}", self._serve)

    async def _serve(self, request: Request) -> Response:
        asset = self._by_address.get(request.path_params["address"])
        if asset is None:
            raise HTTPException(404)
        return Response(
            asset.content, media_type=asset.media_type, headers={"cache-control": CACHE_CONTROL}
        )


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:HASH_CHARACTERS]
    return Asset(f"{path.stem}.{digest}{path.suffix}", content, TYPES[path.suffix])
