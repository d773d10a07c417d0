"""Do two lists name the same joints?"""
from typing import List, Optional


def names_at_odds(theirs: List[str], ours: List[str]) -> Optional[str]:
    """Tell where two lists of joints differ.

    'head' and 'top_head' are the same joint: one name's words are among the
    other's.

    Args:
        theirs, ours (list[str]): Names in order.

    Returns:
        str | None: The difference, if there is one.
    """
    if len(theirs) != len(ours):
        return f'{len(theirs)} joints and {len(ours)}'
    for index, pair in enumerate(zip(theirs, ours)):
        one, other = (
            set(
                str(name).lower().replace('-', '_').replace(' ',
                                                            '_').split('_'))
            for name in pair)
        if not (one <= other or other <= one):
            return f'joint {index} is {pair[0]!r} and {pair[1]!r}'
    return None
