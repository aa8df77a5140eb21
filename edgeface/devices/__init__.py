"""Devices that an artifact runs on: emulated cores and boards, and real boards by ssh or adb.

Each device is described by one TOML file in `profiles/`: its cores, its emulation, and recommended settings.
"""
