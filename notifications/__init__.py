"""Tells people: what each of them was told, what is still on its way, and by which channel."""
