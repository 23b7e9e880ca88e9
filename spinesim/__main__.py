"""`python -m spinesim`."""

from spinesim.cli.app import main

main()
