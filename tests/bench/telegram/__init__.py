"""The bot under load and failures (`make bench-telegram`), against our Bot API server."""
