"""Pictures as one ZIP file: for a person who asks for hers, for the administrator, and back.

    manifest.csv            as `dataset.manifest` describes it
    crops/PERSON/NAME.jpg
    people.json             what each person agreed to, and when
    left_out.txt            pictures that the manifest named and the disk has not, if any

Unpacked, it is a data set as `dataset/merge.py` and `make train DATA=` take it.
"""

import io
import json
import re
import zipfile

from common.cli import UserError
from dataset.manifest import parse_manifest, rows_text
from dataset.smielfy.consent import NAME
from dataset.smielfy.errors import RequestError
from dataset.smielfy.faces import MAX_BYTES, decode
from dataset.smielfy.store import storing_problem

TABLE_BYTES = 50_000_000  # of a manifest that is read
PATH = re.compile(rf"crops/({NAME.pattern})/([a-z]+)-([0-9a-f]+)_(\d\d)\.jpg")


class Pipe(io.RawIOBase):
    """A file that hands on what is written to it; a ZIP file needs no other."""

    def __init__(self):
        self.parts = []

    def writable(self):
        """Whether it may be written to."""
        return True

    def write(self, data):
        """Take bytes."""
        self.parts.append(bytes(data))
        return len(data)

    def taken(self):
        """What was written since the last time."""
        data, self.parts = b"".join(self.parts), []
        return data


def pack(store, people, person=None):
    """Yield the bytes of a ZIP file of all pictures, or of one person's; nothing is kept on disk.

    Parameters
    ----------
    store : dataset.smielfy.store.Store
    people : dataset.smielfy.consent.People
    person : str, optional
    """
    pipe, rows, lost = Pipe(), [], []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # JPEGs shrink no more
        for row in store.rows(person):
            try:
                data = store.picture(row["path"])
            except OSError:  # somebody has deleted it
                lost.append(row["path"])
                continue
            archive.writestr(row["path"], data)
            rows.append(row)
            yield pipe.taken()
        archive.writestr("manifest.csv", rows_text(rows))
        names = sorted({row["person"] for row in rows} | ({person} if person else set()))
        records = {name: people.record(name) for name in names}
        archive.writestr("people.json", json.dumps(records, indent=1))
        if lost:
            archive.writestr("left_out.txt", "\n".join(lost) + "\n")
    yield pipe.taken()


def unpack(file, store, people, smileys):
    """Take in an export; what is here already stays as it is.

    Parameters
    ----------
    file : seekable file
        Whatever somebody has sent.
    store, people :
        As for `pack`.
    smileys : collection of str

    Returns
    -------
    dict
        ``added``, ``here`` (that were there already) and ``refused``: numbers of pictures.

    Raises
    ------
    RequestError
        422 for what is no export.
    """
    counts = {"added": 0, "here": 0, "refused": 0}
    try:
        with zipfile.ZipFile(file) as archive:
            text = member(archive, "manifest.csv", TABLE_BYTES).decode()
            rows, problems = parse_manifest(text.split("\n"), "manifest.csv")
            if problems:
                raise RequestError(422, "no_export")
            records = {}
            if "people.json" in archive.namelist():
                records = json.loads(member(archive, "people.json", TABLE_BYTES))
            for row in rows:
                counts[take(archive, row, records, store, people, smileys)] += 1
    except (zipfile.BadZipFile, KeyError, ValueError, UserError, NotImplementedError, OSError):
        raise RequestError(422, "no_export") from None
    return counts


def member(archive, name, most):
    """Bytes of a member, which may not be longer than it may."""
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(name)
    return data


def take(archive, row, records, store, people, smileys):
    """Take in one picture of an export: 'added', 'here' or 'refused'."""
    found = PATH.fullmatch(row["path"])
    if not found or found[1] != row["person"] or found[2] != row["smiley"]:
        return "refused"
    if row["smiley"] not in smileys:
        return "refused"
    try:
        data = member(archive, row["path"], MAX_BYTES)
        height, width = decode(data).shape[:2]
        box = tuple(row[side] for side in "xywh")
        inside = box[0] + box[2] <= width + 1 and box[1] + box[3] <= height + 1
        if min(box[:2]) < -1 or min(box[2:]) <= 0 or not inside:
            return "refused"
        record = records.get(row["person"]) if isinstance(records, dict) else None
        try:
            admitted = people.admit(row["person"], record)
        except OSError as error:  # a full disk: not the export's fault
            raise storing_problem(error) from None
        if not admitted:
            return "refused"
        new = store.add(row["person"], row["smiley"], found[3], int(found[4]), data, box)
        return "added" if new else "here"
    except RequestError as error:
        if error.status == 507:
            raise
        return "here" if error.error == "have_it" else "refused"
    except (KeyError, ValueError, zipfile.BadZipFile):  # not in the archive, or damaged there
        return "refused"
