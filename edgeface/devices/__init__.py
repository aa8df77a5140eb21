"""Devices that an artifact runs on: emulated cores and boards, and real boards by ssh or adb.

Which there are, what they are made of and what is recommended on them stands in `profiles/`, one TOML file each.
"""
