"""The figures this project claims, measured again."""
