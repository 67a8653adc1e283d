"""`make demo-telegram`: the service, a Telegram of its own, and four phones to play with."""
