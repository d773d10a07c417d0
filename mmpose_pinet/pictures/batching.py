"""Work in batches of one shape, results in the order of the inputs."""
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import (Callable, Dict, Hashable, Iterable, Iterator, List, Tuple,
                    TypeVar)

Item = TypeVar('Item')
Done = TypeVar('Done')

# How many batches' worth of items are looked at before one is run that is not
# full. The photographs of COCO have some ten shapes.
LOOK_AHEAD = 8
READERS = 4


def read_ahead(read: Callable[[Item], Done],
               items: Iterable[Item]) -> Iterator[Done]:
    """Read items in threads, while something else is done with those before.

    Args:
        read (Callable): Turns an item into what is yielded. It may run in
            several threads at a time.
        items (Iterable): ``2 * READERS`` are taken before they are needed.

    Yields:
        What has been read, in the order of the items.
    """
    with ThreadPoolExecutor(READERS) as threads:
        reading = deque()
        for item in items:
            reading.append(threads.submit(read, item))
            if len(reading) > 2 * READERS:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()


def run_in_batches(items: Iterable[Item], shape_of: Callable[[Item], Hashable],
                   run: Callable[[List[Item]], List[Done]],
                   batch_size: int) -> Iterator[Done]:
    """Run items of one shape together.

    An item waits until its batch is full, but for no more than
    ``LOOK_AHEAD * batch_size`` items that come after it: so many are held at
    most, and with ``batch_size=1`` each is run before the next is asked for.

    Args:
        items (Iterable): In any order of shapes.
        shape_of (Callable): Gives the shape of an item.
        run (Callable): Turns a list of items of one shape into a list.
        batch_size (int): The most items of a list.

    Yields:
        What ``run`` has made of each item, in the order of the items.
    """
    waiting: Dict[Hashable, List[Tuple[int, Item]]] = {}
    done: Dict[int, Done] = {}
    told = 0

    def finish(shape: Hashable) -> None:
        numbers, batch = zip(*waiting.pop(shape))
        done.update(zip(numbers, run(list(batch))))

    for number, item in enumerate(items):
        shape = shape_of(item)
        waiting.setdefault(shape, []).append((number, item))
        if len(waiting[shape]) == batch_size:
            finish(shape)
        if told not in done and number - told >= LOOK_AHEAD * batch_size:
            finish(next(iter(waiting)))  # whose first item waits longest
        while told in done:
            yield done.pop(told)
            told += 1
    while waiting:
        finish(next(iter(waiting)))
        while told in done:
            yield done.pop(told)
            told += 1
