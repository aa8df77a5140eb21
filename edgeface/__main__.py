"""`python -m edgeface` is the command line."""

from edgeface.cli import main

if __name__ == "__main__":
    main()
