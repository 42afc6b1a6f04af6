"""What ONNX Runtime answers to the input in example.bin.

Arguments: the model, example.bin (an input and torch's answer, as little-endian floats).
"""

import json
import sys

import numpy
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
shape = session.get_inputs()[0].shape
numbers = numpy.fromfile(sys.argv[2], "<f4")[:numpy.prod(shape)]
print(json.dumps(session.run(None, {session.get_inputs()[0].name: numbers.reshape(shape)})[0].ravel().tolist()))
