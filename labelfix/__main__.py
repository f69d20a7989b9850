"""`python -m labelfix` is `labelfix`."""

from labelfix.cli.app import main

if __name__ == "__main__":
    main()
