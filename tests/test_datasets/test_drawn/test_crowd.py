"""One drawn image: a joint is labelled seen where it is seen."""
import numpy as np
import pytest

from mmpose_pinet.datasets.drawn import crowd, draw_image

SIZE = 128


def test_a_joint_is_seen_where_nobody_is_painted_over_it(monkeypatch):
    """Follow the painting: a joint that its own body shows is labelled
    covered if, and only if, the pixel at it changes later on."""
    paint_person = crowd.paint_person
    steps = []

    def watched(rng, canvas, owner, person, person_id, height, origin):
        shown = paint_person(rng, canvas, owner, person, person_id, height,
                             origin)
        if person_id == 1:
            steps.clear()
        steps.append((canvas.copy(), shown))
        return shown

    monkeypatch.setattr(crowd, 'paint_person', watched)
    covered = 0
    for seed in range(8):
        _, persons = draw_image(np.random.default_rng(seed), SIZE)
        last = steps[-1][0]
        for person, (canvas, shown) in zip(persons, steps):
            for (x, y, v), shows in zip(person['keypoints'], shown):
                if v == 0:
                    continue
                at = round(2 * y + .5), round(2 * x + .5)
                untouched = (canvas[at] == last[at]).all()
                assert (v == 2) == (shows and untouched)
                covered += shows and not untouched
    assert covered > 50


def test_an_image_too_small_for_people_is_refused():
    with pytest.raises(ValueError, match='image_size is 8'):
        draw_image(np.random.default_rng(0), 8)
