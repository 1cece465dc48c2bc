"""What a visitor may see, take away and delete of her own, here and from another device."""

import io

import segno
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, StreamingResponse

from dataset.smielfy.archive import pack
from dataset.smielfy.errors import RequestError
from dataset.smielfy.request_body import read_json
from dataset.smielfy.routes import Routes, picture_response

COOKIE, PASS = "smielfy", "smielfy-pass"


class VisitorRoutes(Routes):
    """Routes for a visitor's own things."""

    TABLE = """
        GET    /api/mine        pictures her pictures
        GET    /api/mine.zip    download all that is kept of her
        GET    /api/mine/{name} picture  one of them
        DELETE /api/mine/{name} remove   remove it
        GET    /api/link        link     the key to go on elsewhere, and its QR code
        POST   /api/sign-in     sign_in  {"key"}: go on here
        POST   /api/sign-out    sign_out the next person is at this device
    """

    async def pictures(self, request):
        """List them; of a taught net also how each test picture was named."""
        person = self.service.agreed(request)
        found = [
            {"name": name_of(path), "smiley": smiley, "clip": clip}
            for path, smiley, clip in self.service.store.pictures(person)
        ]
        answers = self.service.teaching.state(person).get("answers", [])
        named = [
            {"name": name_of(one["path"]), "smiley": one["smiley"], "seen": one["seen"]}
            for one in answers
        ]
        return JSONResponse({"pictures": found, "answers": named})

    def path(self, person, name):
        """Path of a person's picture by its name."""
        for path, _, _ in self.service.store.pictures(person):
            if name_of(path) == name:
                return path
        raise HTTPException(404)

    async def picture(self, request):
        """One picture."""
        path = self.path(self.service.agreed(request), request.path_params["name"])
        return await picture_response(self.service.store.picture, path)

    async def remove(self, request):
        """Remove one picture."""
        person = self.service.agreed(request)
        self.service.limit("change", person)
        path = self.path(person, request.path_params["name"])
        return await run_in_threadpool(self.service.take_back, person, path=path)

    async def download(self, request):
        """All that is kept of a person."""
        person = self.service.agreed(request)
        self.service.limit("change", person)
        return download(pack(self.service.store, self.service.people, person), "smielfy-mine.zip")

    async def link(self, request):
        """The private link: who has it is this person."""
        person = self.service.agreed(request)
        path = f"/#come/{self.service.key.signed('link', person)}"
        address = f"{request.url.scheme}://{request.headers.get('host', '')}{path}"
        drawn = io.BytesIO()
        segno.make(address, error="m").save(drawn, kind="svg", border=2, scale=4, light="#fff")
        return JSONResponse({"path": path, "svg": drawn.getvalue().decode()})

    async def sign_in(self, request):
        """Go on as the person of a private link; she has entered before."""
        self.service.limit("come", "all")
        body = await read_json(request, {"key": str})
        person = self.service.key.check(body["key"], "link")
        if person is None or person not in self.service.people:
            raise RequestError(403, "no_link")
        response = JSONResponse({"person": person})
        self.service.set_cookie(response, COOKIE, self.service.key.signed("person", person))
        if self.service.code:
            self.service.set_cookie(response, PASS, self.service.pass_)
        return response

    async def sign_out(self, request):
        """Let the next person begin; what was given stays."""
        response = JSONResponse({"person": None})
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self.service.https)
        return response


def name_of(path):
    """A picture's name among a person's own."""
    return path.rpartition("/")[2].removesuffix(".jpg")


def download(chunks, name):
    """A ZIP file as the reply, sent while it is made."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
