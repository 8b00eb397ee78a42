"""Who did what, and who read whose data and why: append-only, without personal data in it."""
