"""What the labelling tool keeps on disk: its labels, the crops and their manifest.

In the folder of the data set are

- ``VIDEO.labels.json``: all marks, from which the tool resumes;
- ``VIDEO/FRAME-NUMBER.jpg``: a crop a labelled frame, the number tells squares apart;
- ``manifest.csv``: the crops of all videos labelled into this folder.

Crops are written first and removed last, every file is replaced whole: whenever the
tool is killed, the manifest names crops that are there and fit its boxes.
"""

import fcntl
import json
import re
import zlib
from pathlib import Path

import cv2

from common.cli import UserError
from common.crops import crop
from common.output import make_folder, write_file
from common.tables import complain, manifest_path
from dataset.labelling.document import Mark
from dataset.manifest import parse_manifest, read_lines, update

MARGIN = 0.5  # sides around the face, for augmentation to shift, turn and scale
LARGEST_CROP = 256  # pixels; the network sees 48 of 128 pixels' face
QUALITY = 95  # of the JPEGs
FIELDS = ("frame", "box", "smiley", "person", "own_box", "own_smiley")


class Store:
    """The files of one video's labels.

    Parameters
    ----------
    folder : path-like
        The data set; made if it is not there.
    video : path-like
    frames : dataset.labelling.frames.Frames
    """

    def __init__(self, folder, video, frames):
        self.folder, self.frames = Path(folder), frames
        self.video = Path(video).resolve().name
        self.name = re.sub(r"[^\w-]+", "_", Path(self.video).stem).strip("_") or "video"
        self.labels = self.folder / f"{self.name}.labels.json"
        make_folder(self.folder)
        make_folder(self.folder / self.name)
        self._lock = open(self.folder / f".{self.name}.lock", "a")  # noqa: SIM115 - held to the end
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{self.video} is being labelled in another window") from None
        manifest = manifest_path(self.folder)
        if manifest.exists():  # one with faults had better be mended before any work
            lines = read_lines(manifest)
            complain(manifest, parse_manifest(lines, manifest)[1] if any(lines[1:]) else [])
        self._crops = {path.name for path in (self.folder / self.name).glob("*.jpg")}
        self._rows = None

    def close(self):
        """Let another window label this video."""
        self._lock.close()

    def load(self, smileys):
        """What was saved last.

        Returns
        -------
        dict or None
            With the keys marks, starts, person and position.

        Raises
        ------
        UserError
            If the labels are of another video, or no labels.
        """
        try:
            saved = json.loads(self.labels.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise UserError(f"cannot read {self.labels}: move it away to begin anew") from None
        try:
            if saved["video"] != self._identity():
                raise UserError(
                    f"{self.labels} is of another video, {saved['video']['name']}: "
                    "name another folder with --out"
                )
            marks = {}
            for values in saved["marks"]:
                row = dict(zip(FIELDS, values))
                frame, row["box"] = int(row.pop("frame")), tuple(map(float, row["box"]))
                if not 0 <= frame < len(self.frames) or len(row["box"]) != 3:
                    raise ValueError
                marks[frame] = Mark(**row)
                if row["smiley"] not in (None, *smileys):
                    raise UserError(
                        f"{self.labels} holds the smiley {row['smiley']!r}, which is not in "
                        "common/smileys.csv: add it, or move the file away to begin anew"
                    )
            return {
                "marks": marks,
                "starts": [int(frame) for frame in saved["starts"]],
                "person": str(saved["person"]),
                "position": int(saved["position"]),
            }
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{self.labels} holds no labels: move it away to begin anew") from None

    def save(self, session):
        """Write everything that has changed.

        Parameters
        ----------
        session : dataset.labelling.session.Session
        """
        try:
            rows = self.rows(session.document)
            names = {Path(row["path"]).name: int(row["frame"]) for row in rows}
            for name in sorted(names.keys() - self._crops):
                self._write_crop(name, session.document.marks[names[name]].box, names[name])
            self.save_labels(session)
            if rows != self._rows and (rows or manifest_path(self.folder).exists()):
                update(self.folder, lambda old: [*self._others(old), *rows])
                self._rows = rows
            for name in self._crops - names.keys():
                (self.folder / self.name / name).unlink(missing_ok=True)
            self._crops = set(names)
        except OSError as error:
            raise UserError(f"cannot save to {self.folder}: {error.strerror or error}") from None

    def save_labels(self, session):
        """Write the marks, and where the user is, alone."""
        marks = [
            [frame, *(getattr(mark, name) for name in FIELDS[1:])]
            for frame, mark in sorted(session.document.marks.items())
        ]
        saved = {
            "video": self._identity(),
            "person": session.person,
            "position": session.position,
            "starts": sorted(session.document.starts),
            "columns": FIELDS,
            "marks": marks,
        }
        text = json.dumps(saved, ensure_ascii=False, separators=(",", ":"))
        write_file(self.labels, text + "\n")

    def rows(self, document):
        """Rows of the manifest: one a frame that shows a smiley."""
        rows = []
        for frame, mark in sorted(document.marks.items()):
            if mark.smiley is None:
                continue
            size = crop_size(mark.box)
            number = zlib.crc32(repr(mark.box).encode())
            margin = size * MARGIN / (1 + 2 * MARGIN)
            rows.append(
                {
                    "path": f"{self.name}/{frame:06d}-{number:08x}.jpg",
                    "person": mark.person,
                    "smiley": mark.smiley,
                    "clip": f"{self.name}/{document.clip(frame):06d}",
                    "frame": str(frame),
                    "x": margin,
                    "y": margin,
                    "w": size - 2 * margin,
                    "h": size - 2 * margin,
                }
            )
        return rows

    def _others(self, rows):
        """Rows of a manifest that are not of this video."""
        return [row for row in rows if not row["path"].startswith(f"{self.name}/")]

    def _write_crop(self, name, box, frame):
        x, y, side = box
        around = (x - MARGIN * side, y - MARGIN * side, *[(1 + 2 * MARGIN) * side] * 2)
        picture = crop(self.frames[frame], [around], crop_size(box))[0]
        path = self.folder / self.name / name
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        write_file(path, data.tobytes() if done else b"")
        self._crops.add(name)

    def _identity(self):
        return {"name": self.video, "frames": len(self.frames), "size": list(self.frames.size)}


def crop_size(box):
    """Side of a crop in pixels: as in the frame, but no more than needed; a multiple of 4."""
    return min(LARGEST_CROP, max(16, 4 * round((1 + 2 * MARGIN) * box[2] / 4)))
