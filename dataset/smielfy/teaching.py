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
from common.output import write_file
from dataset.smielfy.errors import RequestError

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
        self._lock = threading.RLock()
        self._process = None
        self._state = {}  # of the person who is being taught
        self._waiting = []  # who comes after her, in turn
        self._failed = set()

    def net(self, person):
        """Path of a person's own net, or None; without what it is worth it does not count."""
        path = self.folder / f"{person}.npz"
        complete = person and path.is_file() and path.with_suffix(".json").is_file()
        return path if complete else None

    def state(self, person):
        """How it stands with a person: dict with ``state`` and what belongs to it.

        ``none``; ``waiting`` with her ``place``, 1 for who is next; ``learning`` with ``done``
        of ``steps``; ``failed``; ``taught`` with accuracy ``before`` and ``after`` (or None), on
        ``tested`` pictures, of ``whole`` shots or not.
        """
        with self._lock:
            if self._state.get("person") == person:
                return {name: value for name, value in self._state.items() if name != "person"}
            if person in self._waiting:
                return {"state": "waiting", "place": 1 + self._waiting.index(person)}
            if person in self._failed:
                return {"state": "failed"}
        if self.net(person):
            with contextlib.suppress(OSError, ValueError):
                found = json.loads((self.folder / f"{person}.json").read_text(encoding="utf-8"))
                return {"state": "taught", **found}
        return {"state": "none"}

    def start(self, person, given):
        """Begin to teach, or wait for a turn.

        Parameters
        ----------
        person : str
        given : dict
            As from `dataset.smielfy.store.Store.bursts`.

        Raises
        ------
        RequestError
            422 with too few pictures.
        """
        if not enough(given):
            raise RequestError(422, "too_few")
        with self._lock:
            self._failed.discard(person)
            if person in self._waiting or self._state.get("person") == person:
                return
            self._waiting.append(person)
            self._next()

    def _next(self):
        """Begin with the next in turn, if nobody is being taught; the lock is held."""
        if self._process or not self._waiting:
            return
        person = self._waiting.pop(0)
        command = [
            sys.executable, str(ROOT / "experiments" / "enrol.py"), "--json",
            "--data", str(self.data), "--person", person, "--smiles", str(self.smiles),
            "--out", str(self.folder / f"{person}.npz"),
        ]  # fmt: skip
        try:
            # Its errors go where the service's own go: to whoever runs the page.
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        except OSError:
            self._failed.add(person)
            return
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
                        if self._process is process:
                            self._state.update(said)
        failed = process.wait() != 0 or "after" not in said
        with self._lock:
            if self._process is not process:
                return  # undone in the meantime, which removed what it wrote
            self._process, self._state = None, {}
            try:
                if not failed:
                    write_file(self.folder / f"{person}.json", json.dumps(said))
            except OSError:
                failed = True
            if failed:
                self._failed.add(person)  # a net that she had before stays
            self._next()

    def undo(self, person):
        """Go back to the shipped net; also ends a teaching under way, or leaves the queue.

        Returns
        -------
        bool
            Whether there was anything to undo.
        """
        with self._lock:
            had = self.state(person)["state"] in ("waiting", "learning", "taught")
            self._failed.discard(person)
            if person in self._waiting:
                self._waiting.remove(person)
            if self._state.get("person") == person:
                process, self._process, self._state = self._process, None, {}
                process.kill()
                process.wait()
            self._remove(person)
            self._next()
        return had

    def _remove(self, person):
        for path in self.folder.glob(f"{person}.*"):
            path.unlink(missing_ok=True)


def enough(given):
    """Whether a face can be learned from what was given, as from `Store.bursts`."""
    pictures = sum(counts["pictures"] for counts in given.values())
    return len(given) >= SMILEYS and pictures >= PICTURES
