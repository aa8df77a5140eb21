"""How trainings wrap the weights that they save, as data. What fits a network is found by its names and shapes."""

from __future__ import annotations

CONTAINERS = (
    *("params_ema", "ema_state_dict", "state_dict_ema", "model_ema", "ema_model", "ema"),
    *("state_dict", "net_state_dict", "model_state_dict", "model", "net", "backbone", "params", "weights"),
)
"""Keys of the dictionaries that hold weights, the likeliest first: for files that are compared with no network."""

AVERAGED = frozenset({"ema", "swa"})
"""Words in names of averaged weights, as in `params_ema` or `model_ema.`: those are what trainings evaluate."""

ANYWHERE = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
"""Parts that torch.compile, FSDP and activation checkpointing put into names, at any depth."""

PARALLEL = "module."
"""The prefix of DataParallel, removed from files that are compared with no network."""

HEADS = frozenset(
    {
        *("weight", "kernel", "head", "heads", "margin", "metric", "metric_fc", "classifier", "criterion", "loss"),
        *("loss_fn", "arcface", "arc", "cosface", "adaface", "product", "fc_head", "softmax", "partial_fc"),
    }
)
"""Names of the layer that a recognizer's training classifies persons with: one matrix, no part of the network."""

MIN_CLASSES = 2048
"""A matrix of more rows or columns than this is such a layer under any name: embeddings are shorter."""
