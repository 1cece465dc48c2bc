"""A person as a bust: her shape and expression, all of one stone, eyes and lips too."""

from dataclasses import replace

from dataset.synth.mesh import Body
from dataset.synth.seeding import generator, linear, pick
from dataset.synth.shade import SHADERS, irradiance
from dataset.synth.studio import Studio

STONES = ((232, 230, 224), (214, 210, 200), (176, 174, 170), (146, 142, 136), (120, 118, 114))
SOFT = (0.05, 0.05, 0.05)  # stone lets little light creep around edges


def shade_stone(person, face, surface, light):
    """Stone without a colour of its own: what shows is light and shadow."""
    return person.skin_tone * irradiance(surface, light, SOFT)


def carved(person):
    """The person with hair in the skin's stone, drawn for her, and without glasses and earrings."""
    stone = linear(pick(generator(person.seed, "stone"), STONES))
    return replace(person, skin_tone=stone, hair_colour=stone, glasses=None, earrings=None)


class StoneStudio(Studio):
    """`Studio` in which a bust of the person stands.

    Parameters
    ----------
    person : Person
        Of flesh and blood.
    shot, view, room, draft
        As for `Studio`.
    """

    shaders = dict.fromkeys(SHADERS, shade_stone)

    def __init__(self, person, shot, view, room=None, draft=False):
        bust = carved(person)
        super().__init__(bust, shot, view, room, Body(bust), draft)
