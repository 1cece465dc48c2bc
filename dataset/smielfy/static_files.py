"""The page's own files, read once: no other path is ever opened."""

import hashlib
import json
from pathlib import Path

from starlette.responses import Response

FOLDER = Path(__file__).resolve().parent
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
}
LANGUAGES = ("en", "ru")


def read_static_files(mirror=None):
    """All files of the page: dict of address to (bytes, type, tag).

    With ``mirror``, a folder as from `dataset.smielfy.mirror_folder`, also the nets and the
    runtime by which browsers look themselves.
    """
    files = {}
    for name in ("nets", "ort") if mirror else ():
        for path in sorted((mirror / name).iterdir()):
            if path.suffix in TYPES:
                files[f"/{name}/{path.name}"] = path
    for path in sorted((FOLDER / "static").rglob("*")):
        if path.suffix in TYPES:
            files["/" + path.relative_to(FOLDER / "static").as_posix()] = path
    for language in LANGUAGES:
        files[f"/words/{language}.json"] = FOLDER / "words" / f"{language}.json"
    files["/"] = files.pop("/index.html")
    for address, path in files.items():
        data = path.read_bytes()
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        files[address] = (data, TYPES[path.suffix], tag)
    return files


def read_words(language="en"):
    """The page's texts in one language."""
    return json.loads((FOLDER / "words" / f"{language}.json").read_text(encoding="utf-8"))


def rendered_examples(files):
    """Addresses of the rendered examples by smiley."""
    examples = {}
    for address in files:
        if address.startswith("/examples/"):
            slug = address.rpartition("/")[2].rpartition("-")[0]
            examples.setdefault(slug, []).append(address)
    return examples


def serve(files, request):
    """Reply with one of `read_static_files`, or with 'you have it'; None if it is not there."""
    found = files.get(request.url.path)
    if not found:
        return None
    data, kind, tag = found
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    return Response(data, media_type=kind, headers={"etag": tag})
