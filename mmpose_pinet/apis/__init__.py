"""What users call: imported when asked for, not with the package."""
