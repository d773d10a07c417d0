"""Segmentations of a crowd region as they come, by what is wrong with them."""
from small_set import HEIGHT, WIDTH

NAN = float('nan')
AREA = HEIGHT * WIDTH


def rle(counts, size=(HEIGHT, WIDTH)):
    return dict(size=list(size), counts=counts)


BAD_SEGMENTATIONS = {
    'counts beyond the image': rle([10, 2000000]),
    'counts short of the image': rle([10, 20]),
    'no count': rle([]),
    'a negative count': rle([10, -5, AREA - 5]),
    'counts beyond 64 bits': rle([2**70, AREA - 2**70]),
    'counts whose sum overflows': rle([2**62, 2**62, 2**62, 2**62, AREA]),
    'counts with fractions': rle([1.5, AREA - 1.5]),
    'counts of lists': rle([[1], AREA - 1]),
    'counts null': rle(None),
    'size turned': rle([AREA], (WIDTH, HEIGHT)),
    'size of one': rle([AREA], (AREA, )),
    'size of text': rle([AREA], 'ab'),
    'no size': dict(counts=[AREA]),
    'no counts': dict(size=[HEIGHT, WIDTH]),
    'an empty string': rle(''),
    'a string cut off in a count': rle('ooooooooooooooooo'),
    'a string of a huge count': rle('oooooooooooooooooooo0'),
    'a string with a blank': rle('0 0'),
    'a string beyond ASCII': rle('0\u00e9'),
    'the string of another picture': rle('Wfj86c==F6M3N1O111O10OZCIj<1CKlP2'),
    'an empty RLE': dict(size=None),
    'a polygon far outside': [[1e12, 1e12, 5, 5, 1, 1]],
    'a polygon with NaN': [[NAN, 2, 5, 5, 1, 1]],
    'a polygon with null': [[None, 2, 5, 5, 1, 1]],
    'a polygon beyond all floats': [[10**400, 2, 5, 5, 1, 1]],
    'a polygon of two points': [[1, 2, 5, 5]],
    'a polygon with half a point': [[1, 2, 5, 5, 1, 1, 7]],
    'an empty polygon': [[]],
    'a polygon of text': [[1, 2, 'a', 5, 1, 1]],
    'a polygon of points': [[[1, 2], [5, 5], [1, 1]]],
    'a polygon that is not in a list': [1, 2, 5, 5, 1, 1],
    'text': 'polygon',
}
# of these nothing is drawn
EMPTY = {'null': None, 'an empty list': []}
