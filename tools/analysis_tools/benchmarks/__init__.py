"""What ``benchmark.py`` is made of: its sections, and what they stand on."""
