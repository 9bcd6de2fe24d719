"""The version of this package, and of the Python that it needs: found here first, by whatever imports it."""

import sys

__version__ = "0.1.0.dev0"

if sys.version_info < (3, 11):  # noqa: UP036 - installers refuse it, a path to the sources does not
    raise ImportError("tdm_guard needs Python 3.11 or later, and this is {}.{}".format(*sys.version_info[:2]))
