"""The joints that mirror images exchange, which many tests need."""
FLIP = dict(
    coco=[0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15],
    crowdpose=[1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 12, 13])
