"""How layers of PyTorch, functions of its models and hooks of its optimizers are asked about weights.

The weights are put into one of these, something is done with that, and what has become of them is looked at.
"""

from __future__ import annotations

from adapters.user.use import IN_PLACES, OTHERS_LEFT_ALONE, Use

# the weights that a forward uses, whatever the layer keeps; without a known operation, those that it keeps
_SEEN = (
    "class Seen(torch.overrides.TorchFunctionMode):",
    "    def __init__(self, shape):",
    "        super().__init__()",
    "        self.shape, self.weights = shape, None",
    "    def __torch_function__(self, func, types, args=(), kwargs=None):",
    "        given = (*args[1:], (kwargs or {}).get('weight'))",
    "        if func.__name__ in ('matmul', 'mm', 'addmm') and len(self.shape) == 2:",
    "            given = (*args[-2:], *(t.t() for t in args[-1:] if t.shape == self.shape[::-1]))",
    "        elif func.__name__ not in ('linear', 'conv1d', 'conv2d', 'conv3d', 'embedding', 'einsum'):",
    "            given = ()",
    "        self.weights = next((t for t in given[::-1] if getattr(t, 'shape', None) == self.shape), self.weights)",
    "        return func(*args, **(kwargs or {}))",
)
_LAYER = (
    *_SEEN,
    "def built(make, w):",
    "    kind = getattr(make, 'func', make)",
    "    sizes = (w.shape[1], w.shape[0], *([tuple(w.shape[2:])] if w.ndim > 2 else []))",
    "    if issubclass(kind, torch.nn.Embedding):",
    "        sizes = tuple(w.shape)",
    "    lazy = issubclass(kind, torch.nn.modules.lazy.LazyModuleMixin)",
    "    layer = make(*(sizes[1:] if lazy else sizes)).to(w.dtype)",
    "    if lazy:  # it is built by its first forward",
    "        layer(given(layer, w))",
    "    return layer",
    "def given(layer, w):",
    "    if isinstance(layer, torch.nn.Embedding):",
    "        return torch.arange(w.shape[0])",
    "    return w.new_zeros(3 if len(w) == 2 else 2, *w.shape[1:])",  # so that the weights have another shape
    "def kept(layer, w):",
    "    found = [p for p in layer.parameters() if p.shape == w.shape]",
    "    assert found, f'it keeps no weights of the shape {tuple(w.shape)}'",
    "    return found[0]",
    "def forward(layer, w):",
    "    with Seen(w.shape) as seen:",
    "        y = layer(given(layer, w))",
    "    used = kept(layer, w) if seen.weights is None else seen.weights",
    "    return y, used.detach().clone()",
    "def put(layer, w):",
    "    with torch.no_grad():",
    "        kept(layer, w).copy_(w)",
    "def at_forward(make, w, times):",
    "    layer = built(make, w)",
    "    for _ in range(times):",
    "        put(layer, w)",
    "        y, used = forward(layer, w)",
    "    return used",
    "def after_step(make, w):",
    "    layer = built(make, w)",
    "    forward(layer, w)[0].sum().backward()",
    "    torch.optim.SGD(layer.parameters(), lr=0.1).step()",
    "    put(layer, w)",
    "    return forward(layer, w)[1]",
    "def loaded(make, w):",
    "    layer, again = built(make, w), built(make, w)",
    "    put(layer, w)",
    "    again.load_state_dict(layer.state_dict())",
    "    return forward(again, w)[1]",
)
TORCH_LAYER = {
    "forward": Use("the weights that its forward uses", "(lambda w: at_forward({f}, w, 1))", definitions=_LAYER),
    "second forward": Use(
        "those of its second, new weights having been put in",
        "(lambda w: at_forward({f}, w, 2))",
        definitions=_LAYER,
    ),
    "third forward": Use("those of its third", "(lambda w: at_forward({f}, w, 3))", definitions=_LAYER),
    "step": Use(
        "those of a forward after a step of torch.optim.SGD", "(lambda w: after_step({f}, w))", definitions=_LAYER
    ),
    "loaded": Use(
        "those of a layer that has loaded its state_dict",
        "(lambda w: loaded({f}, w))",
        definitions=_LAYER,
    ),
}

_MODEL = (
    "def in_model(f, w, place):",
    "    def layer():",
    "        kinds = {2: torch.nn.Linear, 3: torch.nn.Conv1d, 4: torch.nn.Conv2d, 5: torch.nn.Conv3d}",
    "        made = kinds[w.ndim](w.shape[1], w.shape[0], *([tuple(w.shape[2:])] if w.ndim > 2 else []))",
    "        made.weight.data = w.clone()",
    "        made.bias.data = made.bias.data.to(w.dtype)",
    "        return made",
    "    outer, nested, deep = layer(), layer(), layer()",
    "    if place == 'shared':",
    "        deep.weight = outer.weight",
    "    outer.weight.requires_grad_(place != 'frozen')",
    "    norm = torch.nn.BatchNorm1d(3).to(w.dtype)",
    "    model = torch.nn.Sequential(outer, torch.nn.Sequential(nested, torch.nn.Sequential(deep)), norm)",
    "    others = {name: p for name, p in model.named_parameters() if p.shape != w.shape}",
    "    before = {name: p.detach().clone() for name, p in others.items()}",
    "    needed = [p for p in inspect.signature(f).parameters.values() if p.default is p.empty]",
    "    f(model, *([torch.optim.SGD(model.parameters(), lr=0.0)] if len(needed) > 1 else []))",
    "    changed = [name for name, p in others.items() if not torch.equal(p, before[name])]",
    f"{OTHERS_LEFT_ALONE}    if changed:",
    f"{OTHERS_LEFT_ALONE}        raise AssertionError(f'it changed {{changed}}, which are no weights of a layer')",
    "    if place == 'shared' and deep.weight is not outer.weight:",
    "        raise AssertionError('two layers shared their weights, and no longer do')",
    "    return {'nested': nested, 'deep': deep, 'shared': deep}.get(place, outer).weight.detach().clone()",
    "def same(one, other):",
    "    return bool(((one == other) | (one.isnan() & other.isnan())).all())",
    *IN_PLACES,
)
TORCH_MODEL = {
    "outer": Use("the weights of a layer of the model", "(lambda w: in_model({f}, w, 'outer'))", definitions=_MODEL),
    "nested": Use(
        "those of a layer in a container in it", "(lambda w: in_model({f}, w, 'nested'))", definitions=_MODEL
    ),
    "deep": Use(
        "those of a layer in a container in a container", "(lambda w: in_model({f}, w, 'deep'))", definitions=_MODEL
    ),
    "shared": Use(
        "those that two layers share, constrained once or twice", "(lambda w: in_shared({f}, w))", definitions=_MODEL
    ),
    "frozen": Use(
        "those that require no grad, as its mark says of frozen weights",
        "(lambda w: in_frozen({f}, w, {frozen}))",
        definitions=_MODEL,
    ),
}

_HOOK = (
    "def after_hook(f, w, steps, group):",
    "    weights = [torch.nn.Parameter(w.clone()) for _ in range(2)]",
    "    optimizer = torch.optim.SGD([{'params': [each]} for each in weights], lr=0.0)",
    "    needed = [p for p in inspect.signature(f).parameters.values() if p.default is p.empty]",
    "    optimizer.register_step_post_hook(lambda *given: f(*given[:len(needed)]))",
    "    for _ in range(steps):",
    "        for each in weights:",
    "            each.data, each.grad = w.clone(), torch.zeros_like(w)",
    "        optimizer.step()",
    "    return weights[group].detach().clone()",
)
TORCH_HOOK = {
    "hook": Use(
        "the weights of an optimizer after its step", "(lambda w: after_hook({f}, w, 1, 0))", definitions=_HOOK
    ),
    "second group": Use(
        "those of its second group of parameters", "(lambda w: after_hook({f}, w, 1, 1))", definitions=_HOOK
    ),
    "second step": Use(
        "those after a second step, new weights having been put in",
        "(lambda w: after_hook({f}, w, 2, 0))",
        definitions=_HOOK,
    ),
}
