"""The facial features in which people differ: MakeHuman's identity targets and their spread.

Each row of `FEATURES` is an axis with two targets, one for a negative and one for a
positive value (`nose/nose-hump-decr`, `nose/nose-hump-incr`). The spreads are small:
beyond 0.4 or so the combinations turn into caricatures.
"""

ETHNICITIES = ("caucasian", "asian", "african")
HEAD_SHAPES = (
    "oval",
    "round",
    "diamond",
    "invertedtriangular",
    "square",
    "rectangular",
    "triangular",
)

# folder, stem, suffix of the negative target, of the positive one,
# standard deviation, mean for a woman, mean for a man
FEATURES = (
    ("nose", "nose-scale-horiz", "decr", "incr", 0.28, -0.20, 0.15),
    ("nose", "nose-scale-vert", "decr", "incr", 0.26, -0.05, 0.10),
    ("nose", "nose-scale-depth", "decr", "incr", 0.22, -0.15, 0.10),
    ("nose", "nose-hump", "decr", "incr", 0.26, -0.22, 0.15),
    ("nose", "nose-point", "down", "up", 0.28, 0.12, -0.05),
    ("nose", "nose-base", "down", "up", 0.24, 0.05, 0.00),
    ("nose", "nose-point-width", "decr", "incr", 0.26, -0.10, 0.10),
    ("nose", "nose-width2", "decr", "incr", 0.26, -0.10, 0.10),
    ("nose", "nose-volume", "decr", "incr", 0.22, -0.18, 0.10),
    ("nose", "nose-curve", "concave", "convex", 0.24, -0.10, 0.05),
    ("nose", "nose-nostrils-width", "decr", "incr", 0.24, -0.10, 0.05),
    ("mouth", "mouth-scale-horiz", "decr", "incr", 0.27, 0.00, 0.10),
    ("mouth", "mouth-upperlip-volume", "decr", "incr", 0.32, 0.22, -0.25),
    ("mouth", "mouth-lowerlip-volume", "decr", "incr", 0.32, 0.22, -0.20),
    ("mouth", "mouth-upperlip-height", "decr", "incr", 0.28, 0.08, -0.10),
    ("mouth", "mouth-lowerlip-height", "decr", "incr", 0.28, 0.05, -0.10),
    ("mouth", "mouth-cupidsbow", "decr", "incr", 0.32, 0.10, -0.10),
    ("mouth", "mouth-angles", "down", "up", 0.16, 0.05, -0.05),
    ("mouth", "mouth-trans", "down", "up", 0.22, 0.00, -0.05),
    ("mouth", "mouth-laugh-lines", "in", "out", 0.30, -0.05, -0.15),
    ("chin", "chin-width", "decr", "incr", 0.32, -0.32, 0.35),
    ("chin", "chin-height", "decr", "incr", 0.28, -0.12, 0.20),
    ("chin", "chin-prominent", "decr", "incr", 0.26, -0.05, 0.15),
    ("chin", "chin-jaw-drop", "decr", "incr", 0.26, -0.15, 0.20),
    ("chin", "chin-bones", "decr", "incr", 0.26, -0.10, 0.25),
    ("head", "head-scale-horiz", "decr", "incr", 0.22, -0.05, 0.10),
    ("head", "head-scale-vert", "decr", "incr", 0.20, -0.18, 0.00),
    ("head", "head-fat", "decr", "incr", 0.32, 0.00, 0.00),
    ("head", "head-age", "decr", "incr", 0.20, -0.18, 0.10),
    ("eyebrows", "eyebrows-trans", "down", "up", 0.26, 0.15, -0.20),
    ("eyebrows", "eyebrows-angle", "down", "up", 0.26, 0.10, -0.10),
    ("forehead", "forehead-scale-vert", "decr", "incr", 0.20, -0.25, 0.00),
    ("forehead", "forehead-temple", "decr", "incr", 0.26, 0.00, 0.00),
    ("cheek", "l-cheek-bones", "decr", "incr", 0.32, 0.22, 0.10),
    ("cheek", "l-cheek-volume", "decr", "incr", 0.32, 0.05, -0.10),
    ("cheek", "l-cheek-inner", "decr", "incr", 0.26, 0.00, 0.00),
    ("eyes", "l-eye-scale", "decr", "incr", 0.24, 0.28, -0.05),
    ("eyes", "l-eye-trans", "in", "out", 0.20, 0.05, 0.00),
    ("eyes", "l-eye-height2", "decr", "incr", 0.24, 0.15, -0.10),
    ("eyes", "l-eye-corner1", "down", "up", 0.30, 0.05, 0.00),
    ("eyes", "l-eye-corner2", "down", "up", 0.22, 0.00, 0.00),
    ("eyes", "l-eye-bag", "decr", "incr", 0.22, -0.05, 0.15),
    ("eyes", "l-eye-eyefold", "down", "up", 0.26, 0.05, -0.10),
    ("ears", "l-ear-scale", "decr", "incr", 0.26, -0.10, 0.15),
    ("ears", "l-ear-wing", "decr", "incr", 0.20, -0.10, 0.05),
    ("neck", "neck-scale-horiz", "decr", "incr", 0.22, -0.20, 0.30),
    ("neck", "neck-scale-vert", "decr", "incr", 0.20, 0.10, 0.00),
)


def both_sides(stem):
    """Stems of the left and right targets of `stem`; a stem without a side stands alone."""
    return (stem, "r-" + stem[2:]) if stem.startswith("l-") else (stem,)


def identity_targets():
    """Names of all identity targets the generator uses, in the order they are packed."""
    names = [
        f"macrodetails/{ethnicity}-{sex}-{age}"
        for ethnicity in ETHNICITIES
        for sex in ("female", "male")
        for age in ("young", "old")
    ]
    names += [
        f"macrodetails/universal-{sex}-young-averagemuscle-{weight}weight"
        for sex in ("female", "male")
        for weight in ("min", "max")
    ]
    names += [f"head/head-{shape}" for shape in HEAD_SHAPES]
    for folder, stem, negative, positive, *_ in FEATURES:
        for side in both_sides(stem):
            names += [f"{folder}/{side}-{negative}", f"{folder}/{side}-{positive}"]
    return names
