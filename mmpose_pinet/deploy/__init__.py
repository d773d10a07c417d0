"""One file that runs where PyTorch is not: imported when asked for.

The side that reads such a file (metadata, engines, runtime) needs NumPy,
OpenCV and an inference engine alone.
"""
