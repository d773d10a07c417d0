"""How poses become targets and come back."""
from .higher_associative_embedding import HigherAssociativeEmbedding
from .part_spr import PartSPR

__all__ = ['HigherAssociativeEmbedding', 'PartSPR']
