"""Run the command line as ``python -m vzmodel``."""

from vzmodel.cli import main

if __name__ == "__main__":
    main()
