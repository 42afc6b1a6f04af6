#!/bin/sh
# Stands in for a Python with Ultralytics: answers for its version, counts its runs, and then does what the file
# `mode` beside it says. Called through a link in a folder of the test's own.
here=$(dirname "$0")
if [ "$1" = -c ]; then cat "$here/version"; exit; fi
echo run >> "$here/runs"
mode=$(cat "$here/mode")
echo "FORAMEN {\"stage\":1,\"stages\":1,\"state\":\"new\",\"results\":\"$PWD/stage1/results.csv\"}"
mkdir -p stage1/weights
echo checkpoint > stage1/weights/last.pt
printf 'epoch,time,train/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)\n1,2.5,0.75,0.5,0.25\n' > stage1/results.csv
echo 'FORAMEN {"stage":1,"stages":1,"epoch":1,"epochs":1,"loss":[["box",0.75],["class",0.5],["dfl",0.25]],"seconds":3}'
case $mode in
    fail) echo 'ValueError: the batch is too large' >&2; exit 1;;
    full) echo 'OSError: [Errno 28] No space left on device' >&2; exit 1;;
    refuse) echo 'FORAMEN {"refused":"the recipe sets '"'batsch'"'"}'; exit 9;;
    offline) echo 'FORAMEN {"unfetched":"yolov8s.pt","why":"Environment may be offline."}'; exit 9;;
    torn) head -c 100 "$here/model.onnx" > model.onnx;;
    *) cp "$here/model.onnx" model.onnx;;
esac
opset=17
[ "$mode" = opset ] && opset=12
echo "FORAMEN {\"onnx\":\"$PWD/model.onnx\",\"opset\":$opset,\"names\":$(cat "$here/names"),\"metrics\":[[\"mAP50\",0.5],[\"mAP50-95\",0.25]],\"bfloat16\":false,\"versions\":{\"Ultralytics\":\"8.4.190\",\"torch\":\"2.15.0\",\"onnx\":\"1.23.2\",\"Python\":\"3.11.7\"}}"
