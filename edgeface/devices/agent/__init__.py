"""The agent that runs on the device: sent as source; it imports only the standard library, numpy and a runtime.

Boards have old Pythons, so these modules keep to Python 3.8.
"""
