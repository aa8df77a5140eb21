"""Places where an artifact runs as on a board: an emulated Cortex-A72 or A53, and real boards by ssh or adb."""
