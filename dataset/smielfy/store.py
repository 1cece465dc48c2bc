"""The collected data set: crops and manifest.

    FOLDER/manifest.csv
    FOLDER/crops/PERSON/SMILEY-BURST_NN.jpg

A crop is written first and its row follows; a picture is accepted when the row is on
disk. Whatever kills the service, the manifest names whole pictures that are there;
what it does not name is removed at the next start. Deleting goes the other way: crops
first, which makes room on a full disk. A row whose crop is gone, since somebody deleted
the file by hand say, is named to whoever runs the service, and left out.
"""

import collections
import contextlib
import errno
import hashlib
import os
import shutil
import sys
import threading
from pathlib import Path

from common.cli import UserError
from common.output import atomic_write
from common.tables import complain, manifest_path, read_lines
from dataset.manifest import extend, parse_manifest, update
from dataset.smielfy.errors import RequestError

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
        self._writing = threading.Lock()  # held while the manifest is written
        self._waiting = []
        self._gone = set()  # paths, and people, whose rows are still to be taken out
        self._paths = collections.defaultdict(dict)  # person: {path: (smiley, clip)}
        self._marks = {}  # digest of a crop: its path
        self._digests = {}  # the other way round
        path = manifest_path(self.folder)
        if path.exists() and path.read_bytes().count(b"\n") > 1:
            extend(self.folder, [])
            rows, problems = parse_manifest(read_lines(path), path)
            complain(path, problems)
            for row in rows:
                self._note(row)
            self.mend()
            for paths in self._paths.values():
                for name in paths:
                    self._mark(name, (self.folder / name).read_bytes())
        self._sweep()

    def _note(self, row):
        self._paths[row["person"]][row["path"]] = (row["smiley"], row["clip"])

    def _mark(self, path, picture):
        digest = hashlib.sha256(picture).digest()
        self._marks[digest], self._digests[path] = path, digest

    def _unmark(self, path):
        digest = self._digests.pop(path, None)
        if self._marks.get(digest) == path:
            del self._marks[digest]

    def mend(self):
        """Leave out rows whose crop is gone, and name them; returns their paths."""
        with self._lock:
            gone = [
                path
                for paths in self._paths.values()
                for path in paths
                if not (self.folder / path).is_file()
            ]
        for path in gone:
            print(f"left out, its picture is gone: {path}", file=sys.stderr, flush=True)
        if gone:
            self._drop(set(gone))
        return gone

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
        RequestError
            403 without consent, 409 for a picture that is here already, in another burst or as
            another frame; 429 above `MOST` pictures, 507 if the disk is full.
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
                raise RequestError(403, "no_consent")
            if row["path"] in self._paths[person]:
                return False
            if hashlib.sha256(picture).digest() in self._marks:
                raise RequestError(409, "have_it")
            if len(self._paths[person]) >= MOST:
                raise RequestError(429, "enough")
            check_space(self.folder)
            try:
                path.parent.mkdir(exist_ok=True)
                with atomic_write(path) as temporary, open(temporary, "wb") as file:
                    file.write(picture)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise storing_problem(error) from None
            self._note(row)
            self._mark(row["path"], picture)
        try:
            self._append(row)
        except UserError as error:
            with self._lock:
                self._paths[person].pop(row["path"], None)
                self._unmark(row["path"])
            path.unlink(missing_ok=True)
            full = os.strerror(errno.ENOSPC) in str(error)
            raise RequestError(507, "disk_full" if full else "cannot_store") from None
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
                if self._gone:  # of a deletion on a full disk
                    self._rewrite()
                if rows:
                    extend(self.folder, rows)
            except UserError as problem:
                error = problem
            for other in batch:
                other["done"], other["error"] = True, error
            if error:
                raise error

    def picture(self, path):
        """Bytes of a kept picture."""
        return (self.folder / path).read_bytes()

    def rows(self, person=None):
        """Rows of the manifest, all or one person's, without those that are deleted."""
        path = manifest_path(self.folder)
        if not path.exists():
            return []
        rows, _ = parse_manifest(read_lines(path), path)
        with self._lock:
            return [
                row
                for row in rows
                if person in (None, row["person"])
                and row["path"] in self._paths.get(row["person"], {})
            ]

    def pictures(self, person):
        """A person's pictures in the order of their giving: list of (path, smiley, clip)."""
        with self._lock:
            return [(path, *what) for path, what in self._paths.get(person, {}).items()]

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

    def remove(self, person, smiley=None, clip=None, path=None):
        """Remove a person's pictures: all, or those of a smiley, of a burst, or one.

        Returns
        -------
        int
            How many there were.

        Raises
        ------
        RequestError
            507 if the manifest cannot be written. The pictures are gone then; the rows go
            when this is repeated, or with the next picture, or at the next start.
        """
        with self._lock:
            gone = {
                name
                for name, what in self._paths.get(person, {}).items()
                if smiley in (None, what[0]) and clip in (None, what[1]) and path in (None, name)
            }
        everything = smiley is None and clip is None and path is None
        self._drop(gone, person if everything else None)
        return len(gone)

    def _drop(self, gone, person=None):
        """Remove the pictures of these paths, and a person's folder and rows wholly."""
        with self._writing:
            with self._lock:
                for paths in self._paths.values():
                    for path in gone & paths.keys():
                        del paths[path]
                if person:
                    gone = gone | self._paths.pop(person, {}).keys()
                    remove_folder(self.crops / person)
                for path in gone:
                    self._unmark(path)
                    (self.folder / path).unlink(missing_ok=True)
            self._gone |= gone | ({person} if person else set())
            try:
                self._rewrite()
            except UserError as error:
                full = os.strerror(errno.ENOSPC) in str(error)
                raise RequestError(507, "delete_again" if full else "cannot_store") from error

    def _rewrite(self):
        """Take out of the manifest what was deleted; `_writing` is held."""
        gone = self._gone
        if gone and manifest_path(self.folder).exists():
            update(
                self.folder, lambda rows: [r for r in rows if not gone & {r["path"], r["person"]}]
            )
        self._gone = set()


def check_space(folder):
    """Refuse while there is still room to answer and to delete."""
    if shutil.disk_usage(folder).free < RESERVE:
        raise RequestError(507, "disk_full")


def storing_problem(error):
    """The refusal that an error while writing comes to."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return RequestError(507, "disk_full" if full else "cannot_store")


def remove_folder(path):
    """Remove a folder and what is in it, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)
