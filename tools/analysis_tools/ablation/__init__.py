"""What ``run_ablation.py`` is made of: rows of Table 1, and their tables."""
