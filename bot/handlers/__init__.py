"""What people send, each handler thin: parse, call core, reply."""
