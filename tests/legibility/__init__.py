"""How readable words on board photos are, measured on generated boards whose text is known."""
