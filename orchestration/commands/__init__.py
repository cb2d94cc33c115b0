"""The commands of ``seconde``, one module per family. A command parses, calls and prints; nothing else."""
