"""The command line: one module a command group (命令行)."""
