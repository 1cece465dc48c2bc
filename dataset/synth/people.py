"""The people of the rendered data sets, by their numbers."""

from functools import lru_cache

from dataset.synth.mesh import Body
from dataset.synth.person import make_person
from dataset.synth.seeding import generator


def person_seed(seed, number):
    """Seed of the person with this number in the data set with this seed."""
    return 1_000_000 * seed + number


def person_sex(seed, men):
    """Women only, unless men are asked for."""
    return "male" if men and generator(seed, "sex").random() < 0.5 else "female"


@lru_cache(maxsize=2)
def sample_person(seed, sex):
    """A person and her body; shots of one person come one after another."""
    person = make_person(seed, sex)
    return person, Body(person)
