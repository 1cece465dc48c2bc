import numpy as np

from experiments.core.confusion import confusion_matrix, row_shares


def test_a_confusion_matrix_is_what_counting_one_by_one_gives():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 3, 50), rng.integers(-1, 4, 50)
    counts = confusion_matrix(true, predicted, (3, 5))
    for label in range(3):
        for answer in range(5):
            # -1, no answer, is the last column: none answers 4.
            said = -1 if answer == 4 else answer
            pairs = [(t, p) for t, p in zip(true, predicted) if (t, p) == (label, said)]
            assert counts[label, answer] == len(pairs)


def test_shares_of_a_row_and_of_a_label_without_pictures():
    shares = row_shares([[1, 3, 0], [0, 0, 0]])
    assert shares.tolist() == [[0.25, 0.75, 0], [0, 0, 0]]
