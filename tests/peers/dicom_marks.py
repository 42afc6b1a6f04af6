"""Prints what a presentation state draws, as pydicom reads it: for each image its graphics and texts.

Arguments: the presentation state.
"""
import json
import sys

import pydicom

ds = pydicom.dcmread(sys.argv[1])
drawn = []
for annotation in ds.GraphicAnnotationSequence:
    image = annotation.ReferencedImageSequence[0]
    for graphic in annotation.get("GraphicObjectSequence", []):
        values = [float(v) for v in graphic.GraphicData]
        assert graphic.GraphicAnnotationUnits == "PIXEL" and len(values) == 2 * graphic.NumberOfGraphicPoints
        drawn.append({"image": image.ReferencedSOPInstanceUID, "frame": int(image.get("ReferencedFrameNumber", 0)),
                      "what": graphic.GraphicType, "points": list(zip(values[::2], values[1::2])), "text": ""})
    for text in annotation.get("TextObjectSequence", []):
        drawn.append({"image": image.ReferencedSOPInstanceUID, "frame": int(image.get("ReferencedFrameNumber", 0)),
                      "what": "TEXT", "points": [[float(v) for v in text.AnchorPoint]],
                      "text": text.UnformattedTextValue})
json.dump(drawn, sys.stdout)
