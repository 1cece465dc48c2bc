"""The collected data set: crops and manifest.

    FOLDER/manifest.csv
    FOLDER/crops/PERSON/SMILEY-BURST_NN.jpg

A crop is written first and its row follows; a picture is accepted when the row is on
disk. Whatever kills the service, the manifest names whole pictures that are there;
what it does not name is removed at the next start.
"""

import collections
import errno
import os
import shutil
import threading
from pathlib import Path

from common.cli import UserError
from common.output import written
from common.tables import manifest_path
from dataset.manifest import append, read_manifest, update
from dataset.smielfy.people import remove_folder
from dataset.smielfy.refused import Refused

FRAMES = 10  # pictures of a burst
MOST = 3000  # pictures of one person
RESERVE = 20_000_000  # bytes that stay free on the disk


class Store:
    """Pictures of people in a data set.

    Parameters
    ----------
    folder : path-like
    accepted : callable
        Takes a pseudonym; whether pictures of this person may be kept.
    """

    def __init__(self, folder, accepted):
        self.folder, self.accepted = Path(folder), accepted
        self.crops = self.folder / "crops"
        self.crops.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()  # on what is below, and on who is accepted
        self._writing = threading.Lock()  # held while the manifest is replaced
        self._waiting = []
        self._paths = collections.defaultdict(dict)  # person: {path: (smiley, clip)}
        path = manifest_path(self.folder)
        if path.exists() and path.read_bytes().count(b"\n") > 1:
            for row in read_manifest(self.folder):
                self._note(row)
        self._sweep()

    def _note(self, row):
        self._paths[row["person"]][row["path"]] = (row["smiley"], row["clip"])

    def _sweep(self):
        """Remove crops that no row names: their reply was never sent."""
        named = {path for paths in self._paths.values() for path in paths}
        for path in self.crops.glob("*/*"):
            if path.relative_to(self.folder).as_posix() not in named:
                path.unlink()
        for path in self.crops.iterdir():
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        for path in self.folder.glob("*.part.csv"):
            path.unlink()

    def bursts(self, person):
        """How many bursts and pictures of a person there are, by smiley."""
        with self._lock:
            held = list(self._paths.get(person, {}).values())
        return {
            smiley: {
                "pictures": sum(slug == smiley for slug, _ in held),
                "bursts": len({clip for slug, clip in held if slug == smiley}),
            }
            for smiley in {slug for slug, _ in held}
        }

    def add(self, person, smiley, burst, frame, picture, box):
        """Keep one picture; when this returns, it is on disk.

        Parameters
        ----------
        person, smiley, burst : str
            Names made by the service.
        frame : int
            From 0 to `FRAMES` - 1.
        picture : bytes
            JPEG from `dataset.smielfy.faces.cut`.
        box : tuple (x, y, w, h)

        Returns
        -------
        bool
            False if this frame of this burst was kept before.

        Raises
        ------
        Refused
            403 without consent, 429 above `MOST` pictures, 507 if the disk is full.
        """
        name = f"{smiley}-{burst}_{frame:02d}.jpg"
        path = self.crops / person / name
        row = {
            "path": path.relative_to(self.folder).as_posix(), "person": person,
            "smiley": smiley, "clip": f"{smiley}-{burst}", "frame": frame,
            **dict(zip("xywh", box)),
        }  # fmt: skip
        with self._lock:
            if not self.accepted(person):
                raise Refused(403, "no_consent")
            if row["path"] in self._paths[person]:
                return False
            if len(self._paths[person]) >= MOST:
                raise Refused(429, "enough")
            check_space(self.folder)
            try:
                path.parent.mkdir(exist_ok=True)
                with written(path) as beside, open(beside, "wb") as file:
                    file.write(picture)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise storing_problem(error) from None
            self._note(row)
        try:
            self._append(row)
        except UserError as error:
            with self._lock:
                self._paths[person].pop(row["path"], None)
            path.unlink(missing_ok=True)
            full = os.strerror(errno.ENOSPC) in str(error)
            raise Refused(507, "disk_full" if full else "cannot_store") from None
        return True

    def _append(self, row):
        """Add a row to the manifest together with the rows of others who wait for it."""
        entry = {"row": row, "done": False, "error": None}
        with self._lock:
            self._waiting.append(entry)
        with self._writing:
            if entry["done"]:
                if entry["error"]:
                    raise entry["error"]
                return
            with self._lock:
                batch, self._waiting = self._waiting, []
                # What was deleted since is no longer among the paths.
                rows = [e["row"] for e in batch]
                rows = [r for r in rows if r["path"] in self._paths.get(r["person"], {})]
            error = None
            try:
                if rows:
                    append(self.folder, rows)
            except UserError as problem:
                error = problem
            for other in batch:
                other["done"], other["error"] = True, error
            if error:
                raise error

    def picture(self, path):
        """Bytes of a kept picture."""
        return (self.folder / path).read_bytes()

    def latest(self, person):
        """Path of one picture a smiley: the middle one of the last burst."""
        with self._lock:
            held = [(smiley, path) for path, (smiley, _) in self._paths.get(person, {}).items()]
        by_smiley = collections.defaultdict(list)
        for smiley, path in held:
            clip = path.rpartition("_")[0]
            if by_smiley[smiley] and by_smiley[smiley][-1].rpartition("_")[0] != clip:
                by_smiley[smiley].clear()
            by_smiley[smiley].append(path)
        return {smiley: paths[len(paths) // 2] for smiley, paths in by_smiley.items()}

    def remove(self, person, smiley=None):
        """Remove a person's pictures, all or those of one smiley: rows first, then crops."""

        def hers(row):
            return row["person"] == person and smiley in (None, row["smiley"])

        with self._writing:
            with self._lock:
                held = self._paths.pop(person, {})
                gone = {path for path, (slug, _) in held.items() if smiley in (None, slug)}
                rest = {path: held[path] for path in held.keys() - gone}
                if rest:
                    self._paths[person] = rest
            try:
                if manifest_path(self.folder).exists():
                    update(self.folder, lambda rows: [r for r in rows if not hers(r)])
            except UserError as error:
                raise Refused(507, "cannot_store") from error
            with self._lock:
                if smiley is None:
                    remove_folder(self.crops / person)
                    self._paths.pop(person, None)
                for path in gone:
                    (self.folder / path).unlink(missing_ok=True)


def check_space(folder):
    """Refuse while there is still room to answer and to delete."""
    if shutil.disk_usage(folder).free < RESERVE:
        raise Refused(507, "disk_full")


def storing_problem(error):
    """The refusal that an error while writing comes to."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Refused(507, "disk_full" if full else "cannot_store")
