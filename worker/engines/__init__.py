"""What turns pixels into more pixels, behind one protocol."""
