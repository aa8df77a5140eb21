"""Budgets: limits on a model's cost, and checks against them."""
