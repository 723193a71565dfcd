"""Records what onnxruntime computes from exported networks.

pip install onnxruntime==1.* numpy
cargo run -p train --example onnx_models -- target/onnx
python scripts/onnx/record.py target/onnx crates/train/tests/fixtures/onnx.json
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnxruntime

folder, fixture = map(pathlib.Path, sys.argv[1:])
recorded = {}
for path in sorted(folder.glob("*.onnx")):
    batch = json.loads(path.with_suffix(".json").read_text())
    x = np.array(batch["input"], dtype=batch["type"]).reshape(batch["shape"])
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.run(["output"], {"input": x})
    recorded[path.stem] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "output": [float(f"{value:.8g}") for value in output.flatten().tolist()],
    }
fixture.write_text(json.dumps(recorded, indent=1) + "\n")
print(f"onnxruntime {onnxruntime.__version__}: {len(recorded)} networks")
