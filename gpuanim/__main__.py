"""`python -m gpuanim` is the command `gpuanim`."""

import sys

from gpuanim.cli import main

if __name__ == "__main__":
    sys.exit(main())
