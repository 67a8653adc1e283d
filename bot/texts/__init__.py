"""What the bot says, by subject. Plain text: a title with markup in it is shown as it is."""
