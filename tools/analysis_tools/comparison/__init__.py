"""What ``compare_models.py`` is made of."""
