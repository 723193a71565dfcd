"""Writes the state of a PyTorch optimizer for Descent, which then goes on as PyTorch would.

    from export_optimizer import export
    export(optimizer, "optimizer.safetensors", model)

`optimizer` is one of torch.optim's, with its state: trained, or made anew and given a checkpoint by
`load_state_dict`. `model` gives the parameters their names; without it, and without names of the
optimizer's own (`SGD(model.named_parameters())`), they are told apart by their order alone. SGD and Muon
do not count their steps: say how many they have made by `steps`, if a schedule or the first step matters.

In the file, tensor `3/exp_avg` is the state `exp_avg` of the fourth parameter. The metadata has one entry,
`torch`, as JSON: the optimizer's class, its groups of settings with their parameters, and the names and
sizes of all of these.
"""

import json

import torch
from safetensors.torch import save_file


def export(optimizer, path, model=None, steps=None):
    state = optimizer.state_dict()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    tensors = {}
    for index, values in state["state"].items():
        for key, value in values.items():
            if value is not None:
                tensors[f"{index}/{key}"] = torch.as_tensor(value).detach().cpu().contiguous().clone()
    notes = {
        "format": "torch.optim state",
        "version": 1,
        "torch": torch.__version__,
        "class": type(optimizer).__name__,
        "steps": steps,
        "names": names(optimizer, model, parameters),
        "shapes": [list(p.shape) for p in parameters],
        "groups": [{key: plain(value) for key, value in group.items()} for group in state["param_groups"]],
    }
    save_file(tensors, path, {"torch": json.dumps(notes)})


def names(optimizer, model, parameters):
    if model is not None:
        by_id = {id(p): name for name, p in model.named_parameters()}
        return [by_id[id(p)] for p in parameters]
    if all("param_names" in group for group in optimizer.param_groups):
        return [name for group in optimizer.param_groups for name in group["param_names"]]
    return None


def plain(value):
    """A setting as JSON knows it."""
    if isinstance(value, torch.Tensor):
        return value.item()
    return list(value) if isinstance(value, (tuple, list)) else value
