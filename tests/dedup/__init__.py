"""Pairs of board photos with what is true of them, and how well a decision tells it."""
