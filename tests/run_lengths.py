"""COCO's run-length code, by a plain loop."""


def runs_by_loop(mask):
    """Counts of 0 and 1 in turns, down the columns."""
    counts, value = [0], 0
    for x in range(mask.shape[1]):
        for y in range(mask.shape[0]):
            if mask[y, x] != value:
                counts.append(0)
                value = 1 - value
            counts[-1] += 1
    return counts
