"""Which key does what, and what the keys are called by OpenCV's windows."""

SMILEY_KEYS = "1234567890qwertyu"  # in the order of smileys.csv

# Command of `session.Session`, its argument, the keys, what the help says of them. Where
# the text is empty, the line before speaks for it.
BINDINGS = [
    ("clear", None, ["backspace", "delete"], "no smiley from here on"),
    ("play", None, ["space"], "play, pause"),
    ("step", 1, ["right", "."], "next frame: square and smiley carry on to it"),
    ("step", -1, ["left", ","], "frame before"),
    ("step", 10, ["down"], "ten frames on, or back: nothing carries on"),
    ("step", -10, ["up"], ""),
    ("jump_clip", 1, ["pagedown"], "next clip, clip before"),
    ("jump_clip", -1, ["pageup"], ""),
    ("seek", 0, ["home"], "first and last frame"),
    ("seek", 10**9, ["end"], ""),
    ("next_unlabelled", None, ["n"], "next frame that has no label yet"),
    ("toggle_start", None, ["c"], "a clip begins here, or no longer"),
    ("propose", None, ["d"], "detect the face; again: the next best one"),
    ("toggle_follow", None, ["f"], "the square follows the detected face, or stays"),
    ("nudge", (-0.02, 0, 1), ["j"], "move the square left, down, up, right"),
    ("nudge", (0, 0.02, 1), ["k"], ""),
    ("nudge", (0, -0.02, 1), ["i"], ""),
    ("nudge", (0.02, 0, 1), ["l"], ""),
    ("nudge", (0, 0, 1 / 1.04), ["o"], "make the square smaller, larger"),
    ("nudge", (0, 0, 1.04), ["p"], ""),
    ("zoom", 1.25, ["+", "="], "zoom in on the square, and out (or the mouse wheel)"),
    ("zoom", 0.8, ["-"], ""),
    ("faster", 0.5, ["["], "play slower, faster"),
    ("faster", 2, ["]"], ""),
    ("undo", None, ["z"], "undo, redo"),
    ("redo", None, ["x"], ""),
    ("toggle_help", None, ["h", "?"], "this help"),
    ("escape", None, ["esc"], "close; everything is saved already"),
]
COMMANDS = {key: (command, argument) for command, argument, keys, _ in BINDINGS for key in keys}
MOUSE_HELP = [
    ("drag inside", "move the square"),
    ("drag a corner", "resize it"),
    ("drag outside", "draw a new one"),
    ("timeline", "go there"),
]

# Codes of cv2.waitKeyEx: X11 (Qt and GTK), Windows, macOS.
CODES = {
    "left": (0xFF51, 0x250000, 63234),
    "up": (0xFF52, 0x260000, 63232),
    "right": (0xFF53, 0x270000, 63235),
    "down": (0xFF54, 0x280000, 63233),
    "pageup": (0xFF55, 0x210000, 63276),
    "pagedown": (0xFF56, 0x220000, 63277),
    "home": (0xFF50, 0x240000, 63273),
    "end": (0xFF57, 0x230000, 63275),
    "delete": (0xFFFF, 0x2E0000, 63272, 127),
    "backspace": (8, 0xFF08),
    "esc": (27, 0xFF1B),
    "space": (32,),
}
NAMES = {code: name for name, codes in CODES.items() for code in codes}
RUSSIAN = dict(zip("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,."))


def key_name(code):
    """Name of a key by its code, None for one that means nothing here.

    A letter of the Russian layout is named after the key it is on.
    """
    if code & 0xFFFF:
        code &= 0xFFFF  # GTK puts Shift and Num Lock above
    if code in NAMES:
        return NAMES[code]
    if 0xFFB0 <= code <= 0xFFB9:  # digits of the keypad
        return chr(code - 0xFFB0 + ord("0"))
    if 0x6A0 <= code <= 0x6FF:  # X11 orders Cyrillic as KOI8-R does
        code = ord(bytes([code & 0xFF]).decode("koi8-r"))
    letter = chr(code).lower() if 32 < code < 0x500 else ""
    letter = RUSSIAN.get(letter, letter)
    return letter if letter in COMMANDS or letter in [*SMILEY_KEYS] else None
