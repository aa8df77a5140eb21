"""What runs on the device itself: sent as source, and importing nothing but Python, numpy and a runtime.

Boards have old Pythons, so these modules keep to Python 3.8.
"""
