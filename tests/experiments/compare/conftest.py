"""A tiny set of faces."""

import cv2
import pytest

from augment.drawn import drawn_face


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Grey pictures of 48x48, as small sets have them: 6 people, 2 smileys, 3 frames."""
    folder = tmp_path_factory.mktemp("faces")
    lines = ["path,person,label,serial,x,y,w,h"]
    for person in range(6):
        for k, smiley in enumerate(("up", "down")):
            for frame in range(3):
                image = cv2.resize(cv2.cvtColor(drawn_face(96), cv2.COLOR_BGR2GRAY), (48, 48))
                image = image[::-1] if k else image
                name = f"{person}{smiley}{frame}.png"
                cv2.imwrite(str(folder / name), cv2.add(image, 8 * person + frame))
                lines.append(f"{name},{person},{smiley},{frame},0,0,48,48")
    (folder / "faces.csv").write_text("\n".join(lines) + "\n")
    return folder / "faces.csv"
