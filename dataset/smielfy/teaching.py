"""Teaching the network a visitor's face: one process at a time beside the service.

Every person has a net of her own, ``NETS/PERSON.npz``, and what it was worth beside it in
``PERSON.json``; the shipped net stays as it is. To undo is to remove both.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from common.cli import ROOT
from common.output import written
from dataset.smielfy.refused import Refused

SMILEYS = 3  # that a face must show to be learned
PICTURES = 15


class Teaching:
    """Starts, watches and undoes.

    Parameters
    ----------
    folder : path-like
        For the nets.
    data : path-like
        The collected data set.
    smiles : path-like
        The net to start from.
    """

    def __init__(self, folder, data, smiles):
        self.folder, self.data, self.smiles = Path(folder), data, smiles
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*.part.*"):  # left when a process was killed
            path.unlink()
        self._lock = threading.Lock()
        self._process = None
        self._state = {}  # of the person who is, or was last, being taught

    def net(self, person):
        """Path of a person's own net, or None; without what it is worth it does not count."""
        path = self.folder / f"{person}.npz"
        complete = person and path.is_file() and path.with_suffix(".json").is_file()
        return path if complete else None

    def state(self, person):
        """How it stands with a person: dict with ``state`` and what belongs to it.

        ``none``; ``learning`` with ``done`` of ``steps``; ``failed``; ``taught`` with
        accuracy ``before`` and ``after`` (or None), on ``judged`` pictures, of ``whole`` shots
        or not.
        """
        with self._lock:
            if self._state.get("person") == person and self._state["state"] != "taught":
                return {name: value for name, value in self._state.items() if name != "person"}
        if self.net(person):
            with contextlib.suppress(OSError, ValueError):
                found = json.loads((self.folder / f"{person}.json").read_text(encoding="utf-8"))
                return {"state": "taught", **found}
        return {"state": "none"}

    def start(self, person, given):
        """Begin to teach.

        Parameters
        ----------
        person : str
        given : dict
            As from `dataset.smielfy.store.Store.bursts`.

        Raises
        ------
        Refused
            422 with too few pictures, 429 while somebody is being taught.
        """
        pictures = sum(counts["pictures"] for counts in given.values())
        if len(given) < SMILEYS or pictures < PICTURES:
            raise Refused(422, "too_few")
        with self._lock:
            if self._process:
                raise Refused(429, "teaching", wait=30)
            command = [
                sys.executable, str(ROOT / "experiments" / "enrol.py"), "--json",
                "--data", str(self.data), "--person", person, "--smiles", str(self.smiles),
                "--out", str(self.folder / f"{person}.npz"),
            ]  # fmt: skip
            # Its errors go where the service's own go: to whoever runs the page.
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            with contextlib.suppress(OSError, AttributeError):  # the page goes first
                os.setpriority(os.PRIO_PROCESS, self._process.pid, 5)
            self._state = {"person": person, "state": "learning", "done": 0, "steps": 1}
            threading.Thread(target=self._watch, args=(person, self._process), daemon=True).start()

    def _watch(self, person, process):
        """Read the process's lines to their end, and note what came of it."""
        said = {}
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if "done" in said:
                    with self._lock:
                        self._state.update(said)
        failed = process.wait() != 0 or "after" not in said
        with self._lock:
            self._process = None
            if self._state.get("person") != person:  # deleted in the meantime
                self._remove(person)
            elif failed:
                self._state = {"person": person, "state": "failed"}
            else:
                with written(self.folder / f"{person}.json") as beside:
                    beside.write_text(json.dumps(said), encoding="utf-8")
                self._state = {"person": person, "state": "taught"}

    def undo(self, person):
        """Go back to the shipped net; also ends a teaching under way."""
        with self._lock:
            process = None
            if self._state.get("person") == person:
                process = self._state["state"] == "learning" and self._process
                self._state = {}
            if process:
                process.kill()
                process.wait()
            self._remove(person)

    def _remove(self, person):
        for path in self.folder.glob(f"{person}.*"):
            path.unlink(missing_ok=True)
