# SPDX-License-Identifier: Apache-2.0
"""What Google Benchmark's compare.py needs of SciPy, where SciPy itself cannot be installed."""
