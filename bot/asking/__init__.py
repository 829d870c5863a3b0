"""What the bot answers when it is asked, and what people may do with what it says. Pure."""
