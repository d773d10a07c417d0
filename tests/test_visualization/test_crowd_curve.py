"""The curve over crowding (Fig. 5) can be read."""
import matplotlib
import pytest

from mmpose_pinet.visualization.crowd_curve import draw_crowd_curve

matplotlib.use('Agg')


@pytest.fixture
def axes():
    from matplotlib import pyplot as plt
    figure, axes = plt.subplots(figsize=(5, 4))
    yield axes
    plt.close(figure)


@pytest.mark.parametrize('edges', [(0, 0.001, 0.1, 0.2, 1),
                                   (0, 0.081, 0.386, 0.574, 1),
                                   (0.5, 0.6, 0.7, 0.8, 0.9, 1),
                                   (0.25, 0.98, 0.99, 1)])
def test_edges_are_told_where_there_is_room(axes, edges):
    curve = dict(zip(zip(edges, edges[1:]), (0.4, 0.3, 0.2, 0.1, 0.05)))

    draw_crowd_curve(axes, [('PINet', curve)], 'mean_iou')

    axes.figure.canvas.draw()
    assert list(axes.get_xticks()) == list(edges)  # a line at each
    told = [x for x in axes.get_xticklabels() if x.get_text()]
    boxes = [x.get_window_extent() for x in told]
    for left, right in zip(boxes, boxes[1:]):
        assert left.x1 < right.x0
    assert len(told) >= len(edges) - 2
    for label in told:
        assert float(label.get_text()) == label.get_position()[0]


def test_a_point_stands_over_the_middle_of_its_bin(axes):
    draw_crowd_curve(axes, [('PINet', {
        (0, 0.5): 0.6,
        (0.5, 1): 0.2
    })], 'mean_iou')

    line, = axes.lines
    assert line.get_label() == 'PINet'
    assert line.get_xydata().tolist() == [[0.25, 0.6], [0.75, 0.2]]
