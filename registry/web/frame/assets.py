"""Static files under an address that holds their hash, so that browsers keep them for a year."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Response, request

from registry.errors import NotFound

FOLDER = Path(__file__).resolve().parent.parent / "static"
SERVED = frozenset({".css", ".js", ".svg", ".png", ".ico", ".txt"})
YEAR = 31_536_000
JOINED = {"pages.css": ("vendor/govuk-frontend/govuk-frontend.min.css", "puente.css")}
"""Files that arrive as one: the second replaces the fonts of the first before a browser can ask for them."""


@dataclass(frozen=True)
class Asset:
    """One file in memory, plain and compressed."""

    digest: str
    content_type: str
    plain: bytes
    packed: bytes


def read_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """Read every static file once; they are few and small."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix in SERVED)
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    for name, parts in JOINED.items():
        found[name] = b"\n".join(found[part] for part in parts)
    return {name: _asset(name, plain) for name, plain in found.items()}


def address(assets: Mapping[str, Asset], name: str) -> str:
    """Return the address of a file, with its hash."""
    return f"/static/{assets[name].digest}/{name}"


def answer(assets: Mapping[str, Asset], digest: str, name: str) -> Response:
    """Answer with a file; raise NotFound unless the hash in the address is the file's own."""
    asset = assets.get(name)
    if asset is None or asset.digest != digest:
        raise NotFound("There is no such file.")
    packed = request.accept_encodings["gzip"] > 0
    response = Response(asset.packed if packed else asset.plain, content_type=asset.content_type)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _asset(name: str, plain: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    digest = hashlib.sha256(plain).hexdigest()[:16]
    return Asset(digest, content_type, plain, gzip.compress(plain, 9, mtime=0))
