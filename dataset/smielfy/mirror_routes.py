"""The mirror: what the networks see in a picture, and teaching them the visitor's face."""

import re

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from dataset.smielfy.errors import RequestError
from dataset.smielfy.faces import MAX_BYTES
from dataset.smielfy.request_body import read_body
from dataset.smielfy.routes import Routes
from dataset.smielfy.store import check_space


class MirrorRoutes(Routes):
    """Routes for the mirror."""

    TABLE = """
        POST   /api/recognize recognize a JPEG, ?near=x,y,w,h: what the networks see; not kept
        POST   /api/teach     teach     teach the network my face
        GET    /api/teach     taught    how that stands
        DELETE /api/teach     unteach   undo it
    """

    def __init__(self, service):
        super().__init__(service)
        self.looking = set()

    async def recognize(self, request):
        """Look at a mirror's picture; one at a time a visitor."""
        visitor = self.service.visitor(request)
        self.service.limit("recognize", visitor)
        near = read_box(request.query_params.get("near"))
        if visitor in self.looking and self.service.person(request):
            raise RequestError(429, "busy", wait=1)
        self.looking.add(visitor)
        try:
            with self.service.received():
                data = await read_body(request, MAX_BYTES)
                return JSONResponse(
                    await self.service.recognizer.recognize(
                        data, near, self.service.person(request)
                    )
                )
        finally:
            self.looking.discard(visitor)

    async def teach(self, request):
        """Begin to teach the network the visitor's face."""
        person = self.service.agreed(request)
        self.service.limit("change", person)
        check_space(self.service.store.folder)
        await run_in_threadpool(self.service.store.mend)
        given = self.service.store.bursts(person)
        if not given.keys() <= set(self.service.recognizer.classes):
            raise RequestError(422, "other_net")
        await run_in_threadpool(self.service.teaching.start, person, given)
        return JSONResponse(self.service.teaching.state(person), 202)

    async def taught(self, request):
        """Tell how the teaching stands."""
        return JSONResponse(self.service.teaching.state(self.service.agreed(request)))

    async def unteach(self, request):
        """Give the visitor the shipped net back."""
        person = self.service.agreed(request)
        await run_in_threadpool(self.service.teaching.undo, person)
        return JSONResponse(self.service.teaching.state(person))


def read_box(text):
    """A box given as four parts of the picture's sides, from -1 to 2; None for none or nonsense."""
    if not text or not re.fullmatch(r"-?[0-9.]{1,10}(,-?[0-9.]{1,10}){3}", text):
        return None
    try:
        box = np.array([float(side) for side in text.split(",")])
    except ValueError:
        return None
    sound = np.all(np.abs(box) <= 2) and np.all(box[2:] > 0.02)
    return box if sound else None
