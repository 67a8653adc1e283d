"""The bot against a Bot API server of our own."""
