"""Pure rules of the bill: no I/O, no clock, no framework, nothing but the standard library."""
