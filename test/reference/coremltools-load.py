"""Loads each model package that is named, as coremltools does before it converts a model again: every operation, its inputs and
its types are checked against Apple's definitions. Prints a JSON object per package."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
from coremltools.converters.mil.frontend.milproto.load import load  # noqa: E402
from coremltools.models.utils import load_spec  # noqa: E402


def describe(path):
    spec = load_spec(path)
    program = load(spec, spec.specificationVersion, path + "/Data/com.apple.CoreML/weights")
    main = program.functions["main"]
    return {
        "opset": main.opset_version.name,
        "operations": sorted(op.op_type for op in main.operations if op.op_type != "const"),
        "inputs": sorted(main.inputs),
        "outputs": [output.name for output in main.outputs],
    }


for path in sys.argv[1:]:
    try:
        print(json.dumps(describe(path)), flush=True)
    except Exception as error:  # said of one package, the others go on
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
