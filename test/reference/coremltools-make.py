"""Writes model packages with coremltools into the folder that is named: control flow, states, lists, packed weights of every width, open
sizes, images, every opset, several functions. Prints one JSON object: by package, inputs and the output that numpy computes."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import coremltools as ct  # noqa: E402
import numpy as np  # noqa: E402
from coremltools.converters.mil import Builder as mb  # noqa: E402
from coremltools.converters.mil.mil import get_new_symbol, types  # noqa: E402

folder = sys.argv[1]
expected = {}
random = np.random.RandomState(1)


def save(name, program, target, given=None, output=None, **options):
    model = ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        minimum_deployment_target=target,
        skip_model_load=True,
        pass_pipeline=ct.PassPipeline.EMPTY,
        compute_precision=ct.precision.FLOAT32,
        **options,
    )
    model.save(f"{folder}/{name}.mlpackage")
    expected[name] = None
    if given is not None:
        flat = {key: np.asarray(value).flatten().tolist() for key, value in given.items()}
        expected[name] = {"inputs": flat, "output": np.asarray(output).flatten().tolist()}


def packed(values, element):
    return values.astype(np.int8 if element == "int4" else np.uint8).astype(
        types.nptype_from_builtin(types.string_to_builtin(element))
    )


def linear(name, weight, dense):
    x = random.randn(3, dense.shape[1]).astype(np.float32)
    bias = np.arange(dense.shape[0]).astype(np.float32)

    @mb.program(input_specs=[mb.TensorSpec(x.shape)], opset_version=ct.target.iOS18)
    def program(x):
        return mb.linear(x=x, weight=weight(), bias=bias)

    save(name, program, ct.target.iOS18, {"x": x}, x @ dense.T + bias)


for bits in (1, 2, 3, 4, 6, 8):
    indices = (np.arange(35) % 2**bits).reshape(5, 7)
    table = np.linspace(-1, 1, 2**bits).astype(np.float32)
    linear(
        f"palette_{bits}",
        lambda: mb.constexpr_lut_to_dense(
            indices=packed(indices, f"uint{bits}"), lut=table.reshape(1, 1, -1, 1)
        ),
        table[indices],
    )
data = (np.arange(40) % 16 - 8).reshape(5, 8)
scale = np.array([[0.25, 0.5]] * 5, dtype=np.float32)
linear(
    "blockwise",
    lambda: mb.constexpr_blockwise_shift_scale(data=packed(data, "int4"), scale=scale),
    data * np.repeat(scale, 4, axis=1),
)
mask = (np.arange(40) % 3 == 0).reshape(5, 8)
dense = np.zeros((5, 8), dtype=np.float32)
dense[mask] = np.arange(mask.sum())
linear(
    "sparse",
    lambda: mb.constexpr_sparse_to_dense(nonzero_data=dense[mask], mask=packed(mask, "uint1")),
    dense,
)


@mb.program(
    input_specs=[mb.TensorSpec((2, 3)), mb.TensorSpec((1,), dtype=types.int32)], opset_version=ct.target.iOS17
)
def control(x, n):
    start = mb.cond(
        pred=mb.greater(x=mb.squeeze(x=n), y=0), _true_fn=lambda: mb.relu(x=x), _false_fn=lambda: mb.abs(x=x)
    )
    return mb.while_loop(
        _cond=lambda i, v: mb.less(x=i, y=3),
        _body=lambda i, v: (mb.add(x=i, y=1), mb.mul(x=v, y=2.0)),
        loop_vars=(np.int32(0), start),
    )[1]


x = random.randn(2, 3).astype(np.float32)
save("control", control, ct.target.iOS17, {"x": x, "n": [2]}, 8 * np.maximum(x, 0))


@mb.program(input_specs=[mb.TensorSpec((2, 3))], opset_version=ct.target.iOS17)
def lists(x):
    kept = mb.make_list(init_length=2, dtype="fp32", elem_shape=(2, 3), dynamic_length=True)
    return mb.identity(x=mb.list_read(ls=mb.list_write(ls=kept, index=0, value=x), index=0))


save("lists", lists, ct.target.iOS17)


@mb.program(
    input_specs=[mb.TensorSpec((4, 8)), mb.StateTensorSpec((4, 8), dtype=types.fp16)], opset_version=ct.target.iOS18
)
def state(x, s):
    total = mb.add(x=mb.cast(x=mb.read_state(input=s), dtype="fp32"), y=x)
    return mb.cast(x=mb.coreml_update_state(state=s, value=mb.cast(x=total, dtype="fp16")), dtype="fp32")


save("state", state, ct.target.iOS18)

for target in (ct.target.iOS15, ct.target.iOS16, ct.target.iOS17, ct.target.iOS18, ct.target.iOS26):
    weight = random.randn(2, 3, 1, 1).astype(np.float32)

    @mb.program(input_specs=[mb.TensorSpec((1, 3, 16, 16))], opset_version=target)
    def network(x):
        return mb.reduce_mean(x=mb.conv(x=x, weight=np.tile(weight, (1, 1, 3, 3)), pad_type="valid"), axes=[2, 3])

    x = random.randn(1, 3, 16, 16).astype(np.float32)
    windows = sum(x[:, :, i : i + 14, j : j + 14] for i in range(3) for j in range(3)).mean(axis=(2, 3))
    save(target.name, network, target, {"x": x}, windows @ weight.reshape(2, 3).T)
    image = ct.ImageType(name="x", shape=(1, 3, 16, 16), scale=1 / 255.0, color_layout=ct.colorlayout.RGB)
    save(f"classifier_{target.name}", network, target, classifier_config=ct.ClassifierConfig(["a", "b"]), inputs=[image])


@mb.program(input_specs=[mb.TensorSpec((get_new_symbol(), 4))], opset_version=ct.target.iOS17)
def flexible(x):
    return mb.mul(x=mb.relu(x=x), y=2.0)


x = random.randn(3, 4).astype(np.float32)
ranged = ct.TensorType(name="x", shape=(ct.RangeDim(1, 10, default=3), 4))
save("range", flexible, ct.target.iOS17, {"x": x}, 2 * np.maximum(x, 0), inputs=[ranged])
listed = ct.TensorType(name="x", shape=ct.EnumeratedShapes([(3, 4), (5, 4)], default=(3, 4)))
save("enumerated", flexible, ct.target.iOS17, {"x": x}, 2 * np.maximum(x, 0), inputs=[listed])

several = ct.utils.MultiFunctionDescriptor()
several.add_function(f"{folder}/iOS18.mlpackage", "main", "one")
several.add_function(f"{folder}/iOS18.mlpackage", "main", "two")
several.default_function_name = "two"
ct.utils.save_multifunction(several, f"{folder}/several.mlpackage")
expected["several"] = expected["iOS18"]

print(json.dumps(expected))
