# SPDX-License-Identifier: Apache-2.0
"""Scores `regatta profile` on real services with known faults. tools/bench/profile_score.py runs it."""
