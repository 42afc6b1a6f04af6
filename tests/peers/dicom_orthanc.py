"""Fetches everything that an Orthanc holds and compares it, element by element, with files.

Arguments: the server's address, then the files that were stored. Prints what differs, and the patients and their studies.
"""
import io
import json
import sys
import urllib.request

import pydicom


def get(address, raw=False):
    with urllib.request.urlopen(address, timeout=30) as answer:
        body = answer.read()
    return body if raw else json.loads(body)


def main(server, paths):
    stored = {}
    for name in get(f"{server}/instances"):
        ds = pydicom.dcmread(io.BytesIO(get(f"{server}/instances/{name}/file", raw=True)))
        stored[ds.SOPInstanceUID] = ds
    differs = []
    for path in paths:
        ours = pydicom.dcmread(path)
        theirs = stored.pop(ours.SOPInstanceUID, None)
        if theirs is None:
            differs.append(f"{path}: is not there")
            continue
        if ours.file_meta.TransferSyntaxUID != theirs.file_meta.TransferSyntaxUID:
            differs.append(f"{path}: has another transfer syntax")
        if set(ours.keys()) != set(theirs.keys()):
            differs.append(f"{path}: has other elements")
        differs += [f"{path}: {e.tag} {e.keyword}" for e in ours if theirs.get(e.tag) != e]
    differs += [f"{uid}: was not stored by us" for uid in stored]
    patients = [{"id": p["MainDicomTags"].get("PatientID", ""), "name": p["MainDicomTags"].get("PatientName", ""),
                 "studies": len(p["Studies"])} for p in get(f"{server}/patients?expand")]
    series = sorted(s["MainDicomTags"].get("Modality", "") for s in get(f"{server}/series?expand"))
    json.dump({"differs": differs, "patients": patients, "modalities": series}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
