"""What runs on the telephone switch, and what is made for it."""
