"""Draws what was found onto a frame: the box, the smiley, its share, the three best."""

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.smileys import read_smileys

SHORT_SIDE = 360  # smaller videos are enlarged, or the text would be a few pixels high
LONG_SIDE = 3840  # larger ones are shrunk: no player takes more
LABEL_PART = 0.45  # of the width: what the emoticon and the percentage may take
YELLOW, WHITE, GREY, DARK = (255, 214, 64), (255, 255, 255), (190, 190, 190), (16, 16, 20)
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"


@lru_cache(maxsize=64)
def font(size):
    """Return the bold font, ``size`` pixels high."""
    return ImageFont.truetype(str(FONT), size)


def fitting_font(text, size, width):
    """Return the largest font of at most ``size`` pixels in which a text is ``width`` wide."""
    size = round(size)
    return font(max(8, min(size, int(size * width / font(size).getlength(text)))))


@lru_cache(maxsize=1)
def emoticons():
    """Emoticon of each smiley, by slug."""
    return {slug: row["emoticon"] for slug, row in read_smileys().items()}


def output_size(width, height):
    """Size (width, height) of the drawn video: even, neither tiny nor huge."""
    scale = max(1.0, SHORT_SIDE / min(width, height))
    scale = min(scale, LONG_SIDE / max(width, height))
    return tuple(max(2, 2 * round(side * scale / 2)) for side in (width, height))


def letterbox(frame, size):
    """Fit a frame into a size, centred, with black bars where the aspect differs.

    Returns
    -------
    (ndarray of uint8 (height, width, 3), scale (2,), offset (2,))
        A point of the frame is ``point * scale + offset`` of the result.
    """
    height, width = frame.shape[:2]
    if (width, height) == size:
        return frame, np.ones(2), np.zeros(2)
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Rounding to even sides is no reason for a bar one pixel wide.
    inner = tuple(b if abs(a - b) <= 2 else a for a, b in zip(inner, size))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(
        frame, inner, interpolation=way
    )
    return canvas, np.array([inner[0] / width, inner[1] / height]), np.array([left, top])


class Overlay:
    """Draws frames of one video.

    Parameters
    ----------
    size : (width, height) of the first frame
        It sets the size of the drawn video; frames of other sizes are letterboxed.
    classes : list of str
    net : str, optional
        Name of the net that speaks; it is written into the upper left corner.
    """

    def __init__(self, size, classes, net=None):
        self.size = output_size(*size)
        self.classes, self.net = classes, net
        self.short = min(self.size)
        self.margin = round(0.035 * self.short)
        self.stroke = max(2, round(0.012 * self.short))
        self.small = fitting_font(max(classes, key=len), 0.045 * self.short, 0.4 * self.size[0])
        # As wide for all frames, or the bars would dance.
        self.name_width = max(self.small.getlength(name) for name in classes)

    def draw(self, frame, box=None, shares=None):
        """Draw one frame.

        Parameters
        ----------
        frame : ndarray of uint8 (H, W, 3), BGR
        box : sequence (x, y, w, h), optional
            In pixels of ``frame``; without it the picture says "no face".
        shares : ndarray (classes,), optional
            From 0 to 1.

        Returns
        -------
        ndarray of uint8 (height, width, 3), BGR
        """
        canvas, scale, offset = letterbox(frame, self.size)
        picture = Image.fromarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB))
        draw = ImageDraw.Draw(picture, "RGBA")
        if self.net:
            at = (self.margin, self.margin // 2)
            draw.text(at, self.net, GREY, self.small, stroke_width=1, stroke_fill=DARK)
        if box is None:
            self._label(draw, "no face", 0.09, self.size[1] - self.margin, GREY)
        else:
            corner = np.array(box[:2]) * scale + offset
            self._box(draw, corner, corner + np.array(box[2:]) * scale)
            best = int(np.argmax(shares))
            top = self._label(
                draw, f"{100 * shares[best]:.0f} %", 0.11, self.size[1] - self.margin, WHITE
            )
            name = self.classes[best]
            self._label(draw, emoticons().get(name, name), 0.17, top - self.margin // 2, YELLOW)
            self._bars(draw, shares)
        return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)

    def _label(self, draw, text, height, bottom, colour):
        """Write at the left, ending above ``bottom``; returns the text's upper edge."""
        face = fitting_font(text, height * self.short, LABEL_PART * self.size[0] - self.margin)
        box = draw.textbbox((0, 0), text, font=face, stroke_width=self.stroke)
        at = (self.margin - box[0], bottom - box[3])
        draw.text(at, text, colour, face, stroke_width=self.stroke, stroke_fill=DARK)
        return bottom - (box[3] - box[1])

    def _box(self, draw, start, end):
        """Draw a line around the face, with a dark one around it that shows it on light skin."""
        width = max(2, round(0.008 * self.short))
        outer = [*(start - width / 2 - 1), *(end + width / 2 + 1)]
        draw.rounded_rectangle(outer, 2 * width, outline=(*DARK, 160), width=width + 2)
        inner = [*(start - width / 2), *(end + width / 2)]
        draw.rounded_rectangle(inner, 2 * width, outline=YELLOW, width=width)

    def _bars(self, draw, shares):
        """Draw the three best classes at the right: name, bar, percent."""
        best = np.argsort(-shares, kind="stable")[:3]
        line = round(0.065 * self.short)
        gap = self.margin // 2
        number = self.small.getlength("100 %")
        length = round(0.18 * self.short)
        right, bottom = (side - self.margin for side in self.size)
        left = right - (self.name_width + length + number + 4 * gap)
        height = len(best) * line + gap
        if left < LABEL_PART * self.size[0]:  # no room beside the label: to the upper right
            bottom = self.margin + height
        top = bottom - height
        draw.rounded_rectangle([left, top, right, bottom], gap, fill=(*DARK, 170))
        for rank, index in enumerate(best):
            y = top + gap / 2 + (rank + 0.5) * line
            colour = GREY if rank else YELLOW
            draw.text((left + gap, y), self.classes[index], colour, self.small, anchor="lm")
            start = left + 2 * gap + self.name_width
            half = 0.22 * line
            draw.rectangle([start, y - half, start + length, y + half], fill=(255, 255, 255, 40))
            draw.rectangle([start, y - half, start + length * shares[index], y + half], fill=colour)
            percent = f"{100 * shares[index]:.0f} %"
            draw.text((right - gap, y), percent, colour, self.small, anchor="rm")
