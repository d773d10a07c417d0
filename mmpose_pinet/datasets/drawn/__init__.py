"""The crowd that is drawn: images of overlapping people, and their truth."""
from .crowd import draw_image
from .damage import find_damage
from .dataset import draw_crowd
from .person import KEYPOINTS, Person, draw_person
from .walk import draw_walk, draw_walk_frames

__all__ = [
    'KEYPOINTS', 'Person', 'draw_crowd', 'draw_image', 'draw_person',
    'draw_walk', 'draw_walk_frames', 'find_damage'
]
