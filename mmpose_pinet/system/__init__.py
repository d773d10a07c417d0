"""Files and processes, where a kill or a full disk may come at any moment."""
