"""How layers of Keras, functions of its models and callbacks are asked about weights, on each backend that trains.

Keras constrains weights after a step of its optimizer, so that is when a layer is looked at, and never before.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters import keras3
from adapters.user.use import IN_PLACES, OTHERS_LEFT_ALONE, Use

# a step that changes nothing: what it changes, the constraint does
_AT_REST = (
    "class AtRest(keras.optimizers.Optimizer):",
    "    def update_step(self, gradient, variable, learning_rate):",
    "        pass",
    "def fit(model, **options):",
    "    model.compile(AtRest(0.0), lambda y, p: keras.ops.mean(p))",
    "    x = np.zeros((1, *model.input_shape[1:]))",
    "    model.fit(x, x, verbose=0, **options)",
    # so that layers have the format of the weights
    "def in_format(w, function):",
    "    policy = keras.config.dtype_policy()",
    "    keras.config.set_dtype_policy(keras.backend.standardize_dtype(w.dtype))",
    "    try:",
    "        return function(w)",
    "    finally:",
    "        keras.config.set_dtype_policy(policy)",
)
_LAYER = (
    *_AT_REST,
    "def built(make, w):",
    "    kind, shape = getattr(make, 'func', make), tuple(w.shape)",
    "    if issubclass(kind, keras.layers.Embedding):",
    "        layer, given = make(*shape), (1,)",
    "    elif issubclass(kind, (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)):",
    "        layer, given = make(shape[:-2], depth_multiplier=shape[-1]), shape[:-1]",
    "    else:",
    "        layer, given = make(shape[-1], *([shape[:-2]] if len(shape) > 2 else [])), shape[:-1]",
    "    return keras.Sequential([keras.Input(given), layer])",
    "def again(model):",
    "    names = vars(sys.modules[type(model.layers[-1]).__module__])",
    "    known = {name: value for name, value in names.items() if callable(value)}",
    "    with tempfile.TemporaryDirectory() as folder:",
    "        model.save(os.path.join(folder, 'model.keras'))",
    "        try:",
    "            return keras.saving.load_model(os.path.join(folder, 'model.keras'), known)",
    "        except TypeError as error:",  # the reason stands behind pages of configuration
    "            raise TypeError(str(error).rpartition('Exception encountered: ')[2]) from error",
    "def kept(model, w):",
    "    found = [v for v in model.trainable_variables if tuple(v.shape) == tuple(w.shape)]",
    "    assert found, f'it keeps no weights of the shape {tuple(w.shape)}'",
    "    return found[0]",
    "def stepped(model, w, steps=1):",
    "    for _ in range(steps):",
    "        kept(model, w).assign(keras.ops.copy(w))",  # which training gives away
    "        fit(model)",
    "    used = seen(lambda: model.layers[-1](np.zeros((1, *model.input_shape[1:]))), tuple(w.shape))",
    "    return keras.ops.copy(used[-1] if used else kept(model, w))",
)
# layers side by side, so that weights of whatever sizes are those of each
_MODEL = (
    *_AT_REST,
    "def in_model(f, w, place):",
    "    shape = tuple(w.shape)",
    "    kinds = {2: keras.layers.Dense, 3: keras.layers.Conv1D, 4: keras.layers.Conv2D, 5: keras.layers.Conv3D}",
    "    sizes = (shape[-1], *([shape[:-2]] if len(shape) > 2 else []))",
    "    outer, nested, deep = (kinds[len(shape)](*sizes) for _ in range(3))",
    "    deep = outer if place == 'shared' else deep",
    "    outer.trainable = place != 'frozen'",
    "    x = keras.Input(shape[:-1])",
    "    norm = keras.layers.BatchNormalization(momentum=1.0)",  # which a step leaves as it is
    "    given, inner, innermost = norm(x), keras.Sequential([nested]), keras.Sequential([keras.Sequential([deep])])",
    "    model = keras.Model(x, keras.layers.Add()([outer(given), inner(given), innermost(given)]))",
    "    def put(*_, **others):",
    "        for layer in (outer, nested, deep):",
    "            layer.kernel.assign(keras.ops.copy(w))",
    "    put()",
    "    others = [v for v in model.variables if tuple(v.shape) != shape]",
    "    before = [np.array(keras.ops.convert_to_numpy(v)) for v in others]",
    "    if isinstance(getattr(f, 'func', f), type):",
    "        fit(model, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=put), f()])",
    "    else:",
    "        needed = [p for p in inspect.signature(f).parameters.values() if p.default is p.empty]",
    "        f(model, *([AtRest(0.0)] if len(needed) > 1 else []))",
    "    after = [keras.ops.convert_to_numpy(v) for v in others]",
    "    changed = [v.path for v, old, new in zip(others, before, after) if not np.array_equal(old, new)]",
    f"{OTHERS_LEFT_ALONE}    if changed:",
    f"{OTHERS_LEFT_ALONE}        raise AssertionError(f'it changed {{changed}}, which are no weights of a layer')",
    "    return keras.ops.copy({'nested': nested, 'deep': deep}.get(place, outer).kernel)",
    "def same(one, other):",
    "    one, other = (np.array(keras.ops.convert_to_numpy(each)) for each in (one, other))",
    "    return np.array_equal(one, other, equal_nan=True)",
    *IN_PLACES,
)


def _seen(native: str) -> tuple[str, ...]:
    """What sees the weights that a call hands to an operation of Keras, or to a product of its backend."""
    return (
        "def seen(call, shape):",
        "    numpy, nn = keras.src.backend.numpy, keras.src.backend.nn",
        "    places = [(numpy, 'take'), (nn, 'conv'), (nn, 'depthwise_conv'), (numpy, 'matmul')]",
        f"    places.append(({native}, 'matmul'))",
        "    found, plain = [], [(module, name, getattr(module, name)) for module, name in places]",
        "    def watched(function):",
        "        def watch(*args, **others):",
        "            given = (*args, *others.values())",
        "            found.extend(t for t in given if tuple(getattr(t, 'shape', None) or ()) == shape)",
        "            return function(*args, **others)",
        "        return watch",
        "    try:",
        "        for module, name, function in plain:",
        "            setattr(module, name, watched(function))",
        "        call()",
        "    finally:",
        "        for module, name, function in plain:",
        "            setattr(module, name, function)",
        "    return found",
    )


def keras_layer(native: str) -> Mapping[str, Use]:
    """The modes of a layer, on a backend whose own operations are in the module `native`."""

    def use(sentence: str, made: str, requires: tuple[str, ...] = ()) -> Use:
        around = f"(lambda w: in_format(w, lambda w: {made}))"
        return Use(sentence, around, definitions=(*_seen(native), *_LAYER), compiles=True, requires=requires)

    return {
        "step": use("the weights that its call uses after a step of model.fit", "stepped(built({f}, w), w)"),
        "second step": use("those after a second step, new weights having been put in", "stepped(built({f}, w), w, 2)"),
        "third step": use("those after a third", "stepped(built({f}, w), w, 3)"),
        "loaded": use(
            "those after a step of a model that was saved and loaded with the names of its module",
            "stepped(again(built({f}, w)), w)",
            keras3.SAVING,
        ),
    }


def _model(sentence: str, made: str) -> Use:
    return Use(sentence, f"(lambda w: in_format(w, lambda w: {made}))", definitions=_MODEL, compiles=True)


KERAS_MODEL = {
    "outer": _model("the kernel of a layer of the model", "in_model({f}, w, 'outer')"),
    "nested": _model("that of a layer in a model in it", "in_model({f}, w, 'nested')"),
    "deep": _model("that of a layer in a model in a model", "in_model({f}, w, 'deep')"),
    "shared": _model("that of a layer at two places, constrained once or twice", "in_shared({f}, w)"),
    "frozen": _model(
        "that of a layer that is not trainable, as its mark says of frozen weights", "in_frozen({f}, w, {frozen})"
    ),
}
