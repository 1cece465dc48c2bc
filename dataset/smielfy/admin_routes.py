"""The administrator's page: sees, approves, removes, exports and imports pictures.

It answers to this computer only, and there to who has the key that the service prints.
"""

import ipaddress
import tempfile
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from dataset.smielfy.archive import pack, unpack
from dataset.smielfy.errors import RequestError
from dataset.smielfy.middleware import constant_time_equal
from dataset.smielfy.request_body import read_json
from dataset.smielfy.routes import Routes, picture_response
from dataset.smielfy.store import storing_problem
from dataset.smielfy.visitor_routes import download

COOKIE = "smielfy-admin"
IMPORT_BYTES = 2_000_000_000


class AdminRoutes(Routes):
    """Routes for the administrator."""

    TABLE = """
        POST   /api/admin/enter               enter    {"key"}
        GET    /api/admin                     people   people, and what they show
        GET    /api/admin/people/{person}     pictures her pictures
        DELETE /api/admin/people/{person}     remove   remove her, or ?clip=, or ?path=
        GET    /api/admin/picture/{path:path} picture  a picture
        GET    /api/admin/shown/{name}        shown    a picture that waits for approval, or has it
        POST   /api/admin/approve             approve  {"name", "approved"}
        GET    /api/admin/export              export   a ZIP file of all
        POST   /api/admin/import              take_in  such a file
    """

    @property
    def key(self):
        """What opens the page."""
        return self.service.key.sign("admin", "page")

    def check(self, request, cookie=True):
        """Refuse who is not the administrator, at this computer."""
        if not (request.client and is_here(request.client.host)) or not is_here(
            urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        ):
            raise RequestError(403, "admin_only_here")
        if cookie and not constant_time_equal(request.cookies.get(COOKIE, ""), self.key):
            raise RequestError(403, "admin_only")

    async def enter(self, request):
        """Check the key."""
        self.check(request, cookie=False)
        self.service.limit("code", "admin")
        body = await read_json(request, {"key": str})
        if not constant_time_equal(body["key"], self.key):
            raise RequestError(403, "admin_only")
        response = JSONResponse({"entered": True})
        self.service.set_cookie(response, COOKIE, self.key)
        return response

    async def people(self, request):
        """Everybody, and what waits for approval."""
        self.check(request)
        people, store = self.service.people, self.service.store
        found = []
        for person in people.names():
            record = people.record(person)
            found.append(
                {
                    "person": person,
                    **{name: record.get(name, "") for name in ("agreed", "version", "language")},
                    "shows": record.get("shows", False),
                    "given": store.bursts(person),
                }
            )
        shown = [
            {"person": person, "smiley": smiley, "name": name,
             "approved": people.approved(person, name)}
            for person, smiley, name in people.all_shown()
        ]  # fmt: skip
        return JSONResponse(
            {
                "people": found, "shown": shown, "leaving": people.unfinished(),
                "keep_days": self.service.keep_days,
            }
        )  # fmt: skip

    async def pictures(self, request):
        """One person's pictures."""
        self.check(request)
        pictures = self.service.store.pictures(request.path_params["person"])
        return JSONResponse(
            {"pictures": [dict(zip(("path", "smiley", "clip"), one)) for one in pictures]}
        )

    async def picture(self, request):
        """One picture."""
        self.check(request)
        path = PurePosixPath(request.path_params["path"])
        person = path.parts[1] if len(path.parts) > 1 else ""
        if str(path) not in {one[0] for one in self.service.store.pictures(person)}:
            raise HTTPException(404)
        return await picture_response(self.service.store.picture, str(path))

    async def remove(self, request):
        """Remove a person, or a burst or a picture of hers."""
        self.check(request)
        person = request.path_params["person"]
        people = self.service.people
        if person not in people and not people.leaving(person):
            raise HTTPException(404)
        which = {
            name: request.query_params[name]
            for name in ("clip", "path")
            if name in request.query_params
        }
        if which:
            return await run_in_threadpool(self.service.take_back, person, **which)
        await run_in_threadpool(self.service.forget, person)
        return JSONResponse({"removed": person})

    async def shown(self, request):
        """A picture that somebody wants to show, approved or not."""
        self.check(request)
        name = request.path_params["name"]
        return await picture_response(self.service.people.example, name, False)

    async def approve(self, request):
        """Let others see a picture, or no longer."""
        self.check(request)
        body = await read_json(request, {"name": str, "approved": bool})
        done = await run_in_threadpool(
            self.service.writing, self.service.people.allow, body["name"], body["approved"]
        )
        if not done:
            raise HTTPException(404)
        return JSONResponse({"approved": body["approved"]})

    async def export(self, request):
        """All pictures as a ZIP file."""
        self.check(request)
        return download(pack(self.service.store, self.service.people), "smielfy.zip")

    async def take_in(self, request):
        """Take in an export."""
        self.check(request)
        try:
            with tempfile.TemporaryFile(dir=self.service.store.folder) as file:
                size = 0
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > IMPORT_BYTES:
                        raise RequestError(413, "too_large")
                    await run_in_threadpool(file.write, chunk)
                counts = await run_in_threadpool(
                    unpack, file, self.service.store, self.service.people, self.service.smileys
                )
        except OSError as error:
            raise storing_problem(error) from None
        return JSONResponse(counts)


def is_here(host):
    """Whether an address is this computer's own, for itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
