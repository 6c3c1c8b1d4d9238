# SPDX-License-Identifier: Apache-2.0
"""The services and their faults, a file for each kind."""
