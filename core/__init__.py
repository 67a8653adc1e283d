"""The domain of Auditorium: rooms, uploads, boards and deliveries. It imports none of the edges."""
