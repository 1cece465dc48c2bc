"""What is collected: the smileys to make, examples of others, and the bursts that are sent."""

import random
import secrets

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from dataset.smielfy.errors import RequestError
from dataset.smielfy.faces import MAX_BYTES
from dataset.smielfy.request_body import read_body, read_json
from dataset.smielfy.routes import Routes, picture_response
from dataset.smielfy.store import FRAMES

EXAMPLES = 3  # of other people, shown at once


class CollectRoutes(Routes):
    """Routes for collecting."""

    TABLE = """
        GET    /api/smileys                    table    the smileys, with rendered examples
        GET    /api/examples/{smiley}          examples pictures of it that others show
        GET    /example/{name}                 example  one of them
        POST   /api/bursts                     begin    {"smiley"}: begin a burst
        POST   /api/bursts/{burst}/{frame:int} picture  a JPEG: picture K of it
        DELETE /api/pictures/{smiley}          remove   remove what I gave of it
    """

    async def table(self, request):
        """The smileys."""
        smileys = [
            {**row, "examples": self.service.rendered.get(slug, [])}
            for slug, row in self.service.smileys.items()
        ]
        nets = self.service.recognizer
        net = {"name": nets.smiles.stem, "classes": nets.classes, "threshold": nets.threshold}
        return JSONResponse(
            {
                "smileys": smileys,
                "frames": FRAMES,
                "keeper": self.service.keeper,
                "keep_days": self.service.keep_days,
                "browser": self.service.mirror is not None,
                "net": net,
            }
        )

    async def examples(self, request):
        """Some pictures of others who agreed."""
        self.service.limit("examples", self.service.visitor(request))
        names = [name for _, name in self.service.people.examples(self.smiley(request))]
        names = random.sample(names, min(EXAMPLES, len(names)))
        return JSONResponse({"examples": [f"/example/{name}" for name in names]})

    async def example(self, request):
        """One of these pictures."""
        return await picture_response(self.service.people.example, request.path_params["name"])

    def smiley(self, request):
        """The smiley in a request's path."""
        smiley = request.path_params["smiley"]
        if smiley not in self.service.smileys:
            raise HTTPException(404)
        return smiley

    async def begin(self, request):
        """Begin a burst: its name says whose it is and of what, and cannot be made up."""
        person = self.service.agreed(request)
        self.service.limit("burst", person)
        body = await read_json(request, {"smiley": str})
        if body["smiley"] not in self.service.smileys:
            raise RequestError(422, "no_smiley")
        burst = f"{body['smiley']}-{secrets.token_hex(6)}"
        return JSONResponse({"burst": self.service.key.signed("burst", person, burst)}, 201)

    async def picture(self, request):
        """Take one picture of a burst."""
        person = self.service.agreed(request)
        burst = self.service.key.check(request.path_params["burst"], "burst", person)
        frame = request.path_params["frame"]
        if burst is None or not 0 <= frame < FRAMES:
            raise HTTPException(404)
        self.service.limit("picture", person)
        with self.service.received():
            data = await read_body(request, MAX_BYTES)
            jpeg, box = await self.service.recognizer.face(data)
        smiley, _, number = burst.partition("-")
        new = await run_in_threadpool(
            self.service.store.add, person, smiley, number, frame, jpeg, box
        )
        if self.service.people.lacks(person, smiley):
            await run_in_threadpool(self.service.show, person, True, True)
        return JSONResponse({"kept": True}, 201 if new else 200)

    async def remove(self, request):
        """Remove what the visitor gave of a smiley."""
        person = self.service.agreed(request)
        self.service.limit("change", person)
        smiley = self.smiley(request)
        return await run_in_threadpool(self.service.take_back, person, smiley=smiley)
