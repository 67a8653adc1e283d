"""The Telegram bot: aiogram over core."""
