# The command: see the helper
