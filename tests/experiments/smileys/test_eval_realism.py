import numpy as np
import pytest

from augment.drawn import BOX, drawn_face
from experiments import eval_realism
from experiments.smileys.article_net import article_net
from experiments.smileys.baselines import MARGIN, face_patch

pytestmark = pytest.mark.slow


def test_the_report_of_the_calibration_takes_a_classifier_that_saw_one_set():
    pixels, net = "1-NN, 24x24 pixels", eval_realism.NET
    rows = [("real", pixels, "image", 0.7, 0.01), ("real", pixels, "person", 0.25, 0.02)]
    rows += [("real", net, "image", 0.6, 0.0), ("real", net, "person", 0.5, 0.0)]
    rows += [("rendered", pixels, "image", 0.8, 0.01), ("rendered", pixels, "person", 0.2, 0.02)]
    carried = {("rendered", pixels): dict.fromkeys(eval_realism.CARRIED, 0.5)}
    text = eval_realism.report(rows, carried, 5, 23, 962, "command")
    assert "| real | 1-NN, 24x24 pixels | 0.700 ± 0.010 | 0.250 ± 0.020 | 0.450 |" in text
    assert "| real | the article's net | 0.600 | 0.500 | 0.100 |" in text
    assert "| rendered | the article's net" not in text
    assert "| rendered | 1-NN, 24x24 pixels | 0.500 | 0.50 |" in text


def test_the_net_tells_apart_which_way_up_a_face_is():
    face = face_patch(drawn_face(), BOX)
    patches = np.array([face, face[::-1]])[np.arange(40) % 2]
    labels = np.array(["up", "down"])[np.arange(40) % 2]
    answer = article_net(patches[:30], labels[:30], patches[30:], MARGIN, steps=40)
    assert (answer == labels[30:]).all()
