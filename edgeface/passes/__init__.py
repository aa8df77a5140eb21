"""Passes: functions Graph -> Graph, one verb a file."""
