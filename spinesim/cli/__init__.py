"""The command line, one thin command per file; each loads what it needs when it is called."""
