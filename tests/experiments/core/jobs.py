"""Jobs for the job runner's tests: importable by the processes that it starts."""

import json
import os
import signal

from common.interrupt import Stopped
from common.output import write_file
from experiments.core.training import CHECKPOINT

STEPS = 10
STARTS = "starts"  # a line each time that the job is begun


def read(number):
    """The data."""
    return {"number": number}


def count(name, deaths, data, folder, stop, tick):
    """Sum the data so many times, saving after each; be killed before each of these steps."""
    with open(folder / STARTS, "a") as file:
        file.write("started\n")
    path = folder / CHECKPOINT
    steps, total, resumed = 0, 0, path.exists()
    if resumed:
        steps, total = json.loads(path.read_text())
    while steps < STEPS:
        if stop():
            raise Stopped
        died = len(list(folder.glob("death*")))
        if died < len(deaths) and steps == deaths[died]:
            (folder / f"death{died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        steps, total = steps + 1, total + data["number"]
        write_file(path, json.dumps([steps, total]))
        tick()
    return {"name": name, "total": total, "resumed": resumed}
