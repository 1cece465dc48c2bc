"""The page's own files and texts."""

import json
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("en", "ru")


class PageFiles(StaticFiles):
    """Starlette's static files; what is no file's name is not found either."""

    async def get_response(self, path, scope):
        """Reply with a file, or with 404."""
        try:
            return await super().get_response(path, scope)
        except ValueError:  # a null byte in the path
            raise HTTPException(404) from None


def static_routes(mirror=None):
    """Routes of the page's files, which must come last.

    With ``mirror``, a folder as from `dataset.smielfy.mirror_folder`, also the nets and the
    runtime by which browsers recognise themselves.
    """
    folders = {f"/{name}": mirror / name for name in (("nets", "ort") if mirror else ())}
    folders |= {"/locales": FOLDER / "locales", "/": FOLDER / "static"}
    return [Mount(path, PageFiles(directory=folder, html=path == "/"))
            for path, folder in folders.items()]  # fmt: skip


def read_words(language="en"):
    """The page's texts in one language."""
    return json.loads((FOLDER / "locales" / f"{language}.json").read_text(encoding="utf-8"))


def rendered_examples():
    """Addresses of the rendered examples by smiley."""
    examples = {}
    for path in sorted((FOLDER / "static" / "examples").glob("*.jpg")):
        examples.setdefault(path.stem.rpartition("-")[0], []).append(f"/examples/{path.name}")
    return examples
