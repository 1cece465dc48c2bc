"""Draws the labelling tool's window: a picture of the session's state."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from dataset.labelling.geometry import AREA, CANVAS, ROW, TIMELINE
from dataset.labelling.keys import BINDINGS, MOUSE_HELP
from pipeline.overlay import DARK, GREY, WHITE, YELLOW, fitting_font, font

PANEL = (30, 30, 36)
DIM = (110, 110, 118)
SYMBOLS = {
    "left": "←", "right": "→", "up": "↑", "down": "↓", "pageup": "PgUp", "pagedown": "PgDn",
    "backspace": "⌫ Backspace", "delete": "Del", "space": "Space", "home": "Home", "end": "End",
    "esc": "Esc",
}  # fmt: skip


def draw(session, frame, table, fps):
    """Draw the window.

    Parameters
    ----------
    session : dataset.labelling.session.Session
    frame : ndarray of uint8 (H, W, 3), BGR
        The one at the session's position.
    table : dict
        The smileys, as from `common.smileys.read_smileys`.
    fps : float

    Returns
    -------
    ndarray of uint8 (646, 1160, 3), BGR
    """
    canvas = np.empty((CANVAS[1], CANVAS[0], 3), np.uint8)
    canvas[:] = PANEL[::-1]
    canvas[: AREA[1], : AREA[0]] = seen_part(frame, session.view)
    x, y, width, height = TIMELINE
    strip = timeline(session, width)
    canvas[y : y + height, x : x + width] = strip
    picture = Image.fromarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB))
    pen = ImageDraw.Draw(picture, "RGBA")
    draw_square(pen, session)
    draw_label(pen, session, table)
    draw_smileys(pen, session, table)
    draw_time(pen, session, fps)
    if session.help:
        draw_help(pen)
    return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)


def seen_part(frame, view):
    """The part of a frame that is seen: uint8 (544, 960, 3)."""
    scale = view.scale
    # A pixel's centre is at .5 in the frame's coordinates, and at 0 in OpenCV's.
    while scale <= 0.5 and min(frame.shape[:2]) > 1:
        height, width = (side // 2 * 2 for side in frame.shape[:2])
        frame = cv2.resize(
            frame[:height, :width], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
        )
        scale *= 2
    shift = [AREA[k] / 2 - view.centre[k] * view.scale + 0.5 * scale - 0.5 for k in (0, 1)]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return cv2.warpAffine(frame, matrix, AREA, flags=cv2.INTER_LINEAR, borderValue=(12, 12, 12))


def colour(index, count):
    """Colour of a smiley, RGB: the hues in turn, neighbours far apart."""
    hsv = np.uint8([[[(index * 5 % max(count, 1)) * 180 // max(count, 1), 150, 235]]])
    return tuple(int(value) for value in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])


def timeline(session, width):
    """Strip of the video's labels, uint8 (24, width, 3), BGR: dark where there is none."""
    colours = [(52, 52, 58), (96, 96, 102)]
    colours += [colour(k, len(session.smileys)) for k in range(len(session.smileys))]
    number = {None: 1, **{name: k for k, name in enumerate(session.smileys, 2)}}
    kinds = np.zeros(session.count, int)
    for frame, mark in session.document.marks.items():
        kinds[frame] = number[mark.smiley]
    columns = np.arange(width) * session.count // width
    strip = np.repeat(np.array(colours, np.uint8)[kinds[columns]][None, :, ::-1], TIMELINE[3], 0)
    for start in session.document.starts:
        strip[:, start * width // session.count] = (255, 255, 255)
    here = slice(
        session.position * width // session.count,
        max(
            (session.position + 1) * width // session.count,
            session.position * width // session.count + 2,
        ),
    )
    strip[:6, here] = strip[-6:, here] = (64, 214, 255)
    return strip


def draw_square(pen, session):
    """Draw the face's square with its handles; its line is white where it was carried on."""
    if session.box is None:
        return
    x, y, side = session.box
    left, top = session.view.to_canvas(x, y)
    right, bottom = session.view.to_canvas(x + side, y + side)
    own = session.drag or session.mark.own_box
    for grow, line, width in [(1, (*DARK, 200), 4), (0, (*(YELLOW if own else WHITE), 255), 2)]:
        pen.rectangle(
            [left - grow, top - grow, right + grow, bottom + grow], outline=line, width=width
        )
    for cx in (left, right):
        for cy in (top, bottom):
            pen.rectangle([cx - 5, cy - 5, cx + 5, cy + 5], (*YELLOW, 255), (*DARK, 255))
    # Zoomed in, the square may reach over the panels.
    pen.rectangle([AREA[0], 0, *CANVAS], PANEL)


def draw_label(pen, session, table):
    """Write the frame's smiley at the upper left of the picture."""
    mark = session.mark
    if mark is None:
        words, ink = "not labelled", GREY
    elif mark.smiley is None:
        words, ink = "no smiley", WHITE
    else:
        words, ink = f"{table[mark.smiley]['emoticon']}  {mark.smiley}", YELLOW
    pen.text((14, 8), words, ink, font(34), stroke_width=3, stroke_fill=DARK)
    if mark and not mark.own_smiley:
        pen.text((16, 52), "carried on", WHITE, font(14), stroke_width=2, stroke_fill=DARK)


def draw_smileys(pen, session, table):
    """Draw the list of smileys at the right: key, emoticon, name, frames labelled."""
    counts = dict.fromkeys(session.smileys, 0)
    for mark in session.document.marks.values():
        if mark.smiley is not None:
            counts[mark.smiley] += 1
    now = session.mark and session.mark.smiley
    for row, (key, name) in enumerate(session.keys.items()):
        top, x = row * ROW, AREA[0]
        middle = top + ROW / 2
        if name == now:
            pen.rectangle([x, top, CANVAS[0], top + ROW - 1], (*YELLOW, 60))
        pen.rectangle([x, top + 2, x + 4, top + ROW - 3], colour(row, len(session.smileys)))
        ink = YELLOW if name == now else WHITE
        pen.rounded_rectangle([x + 12, top + 5, x + 36, top + ROW - 5], 4, outline=DIM)
        pen.text((x + 24, middle), key, ink, font(15), anchor="mm")
        pen.text((x + 64, middle), table[name]["emoticon"], ink, font(15), anchor="mm")
        pen.text((x + 92, middle), name, ink, fitting_font(name, 14, 66), anchor="lm")
        count = str(counts[name])
        pen.text(
            (CANVAS[0] - 8, middle), count, ink if counts[name] else DIM, font(13), anchor="rm"
        )


def draw_time(pen, session, fps):
    """Write below the timeline where we are, and the message."""
    position = session.position
    minutes, seconds = divmod(position / fps, 60)
    labelled = sum(mark.smiley is not None for mark in session.document.marks.values())
    starts = [start for start in session.document.starts if start <= position]
    parts = [
        f"frame {position} of {session.count}",
        f"{int(minutes)}:{seconds:05.2f}",
        f"clip {len(starts) + 1}" + (", begins here" if position in starts else ""),
        session.person,
        f"{labelled} labelled, {session.count - len(session.document.marks)} to see",
    ]
    if session.faces.detect:
        parts.append("follows" if session.faces.follow else "stays")
    if session.view.zoom > 1:
        parts.append(f"zoom {session.view.zoom:.1f}")
    if session.playing:
        parts.append(f"playing x{session.speed:g}")
    words = "  ·  ".join(parts)
    pen.text((10, 582), words, WHITE, fitting_font(words, 15, CANVAS[0] - 20))
    if session.message:
        words = session.message
        pen.text((10, 610), words, YELLOW, fitting_font(words, 17, CANVAS[0] - 20))


def draw_help(pen):
    """Draw the list of keys over everything."""
    pen.rectangle([0, 0, *CANVAS], (*DARK, 235))
    lines = [("1 … 0  q … u", "smiley, as listed at the right")]
    for _, _, keys, words in BINDINGS:
        shown = " ".join(SYMBOLS.get(key, key) for key in keys)
        if words:
            lines.append((shown, words))
        else:
            lines[-1] = (f"{lines[-1][0]}   {shown}", lines[-1][1])
    lines += [(f"mouse: {what}", words) for what, words in MOUSE_HELP]
    pen.text((40, 16), "Keys", YELLOW, font(24))
    height = (CANVAS[1] - 70) / len(lines)
    for row, (keys, words) in enumerate(lines):
        middle = 56 + (row + 0.5) * height
        pen.text((330, middle), keys, YELLOW, fitting_font(keys, 15, 310), anchor="rm")
        pen.text((360, middle), words, WHITE, font(15), anchor="lm")
