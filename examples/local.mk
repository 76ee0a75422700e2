# Programs of at most 80 lines, built and run by make check.
