"""Reads a structured report with highdicom and pydicom and prints what it says, as JSON.

Arguments: the report; any further file is read with pydicom alone, and its patient and study are printed.
"""
import json
import sys

import highdicom as hd
import pydicom
from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes


def head(ds):
    """Patient and study as pydicom decodes them."""
    names = ["PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
             "StudyID", "StudyDescription", "AccessionNumber", "ReferringPhysicianName", "SeriesDescription",
             "PatientIdentityRemoved", "SOPClassUID"]
    return {name: str(ds.get(name, "")) for name in names}


def code(concept):
    return f"{concept.value}:{concept.scheme_designator}"


def items(item, name=None, kind=None):
    found = getattr(item, "ContentSequence", [])
    return [i for i in found if (name is None or ("ConceptNameCodeSequence" in i
            and i.ConceptNameCodeSequence[0].CodeValue == name)) and (kind is None or i.ValueType == kind)]


def value(item):
    return item.ConceptCodeSequence[0].CodeValue


def region(scoord):
    points = [float(v) for v in scoord.GraphicData]
    image = items(scoord, kind="IMAGE")
    assert len(image) == 1 and image[0].RelationshipType == "SELECTED FROM"
    ref = image[0].ReferencedSOPSequence[0]
    return {"type": scoord.GraphicType, "points": list(map(list, zip(points[::2], points[1::2]))),
            "sop": ref.ReferencedSOPInstanceUID, "class": ref.ReferencedSOPClassUID,
            "frame": int(ref.get("ReferencedFrameNumber", 0))}


def group(g):
    """One measurement group, through highdicom where it has words for it."""
    root = g[0]
    sites = g.finding_sites
    assert len(sites) == 1
    own = {e.name.value: e.value for e in g.get_qualitative_evaluations()}
    texts = lambda name: [i.TextValue for i in items(root, name, "TEXT")]
    regions = [region(i) for i in items(root, "111030", "SCOORD")]
    scores = {m.name.value: m.value for m in g.get_measurements()}
    others = {m.name.value: [region(i) for i in items(m[0], kind="SCOORD")] for m in g.get_measurements()}
    for m in g.get_measurements():
        assert m.unit == CodedConcept("%", "UCUM", "Percent")
        # highdicom finds the boxes that a score came from.
        assert len(m.referenced_coordinates) == len(others[m.name.value])
    return {"template": root.template_id, "row": g.tracking_identifier, "uid": g.tracking_uid,
            "finding": code(g.finding_type), "level": code(sites[0].value),
            "side": code(sites[0].laterality) if sites[0].laterality is not None else None,
            "severity": code(own["246112005"]), "decision": own["reader_decision"].value,
            "model_severity": own["model_severity"].value if "model_severity" in own else None,
            "region_source": own["region_source"].value if "region_source" in own else None,
            "regions": regions, "scores": scores, "others": others,
            "algorithm": texts("111001"), "version": texts("111003"), "parameters": texts("111002"),
            "comment": texts("121106"), "reason": texts("reason")}


def report(path):
    sr = hd.sr.srread(path)
    content = sr.content
    planar = content.get_planar_roi_measurement_groups()
    whole = content.get_image_measurement_groups()
    assert len(content.get_volumetric_roi_measurement_groups()) == 0
    root = content[0]
    texts = lambda name: [i.TextValue for i in items(root, name, "TEXT")]
    evidence = [(s.SeriesInstanceUID, i.ReferencedSOPInstanceUID)
                for study in sr.CurrentRequestedProcedureEvidenceSequence
                for s in study.ReferencedSeriesSequence for i in s.ReferencedSOPSequence]
    library = [i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
               for lib in items(root, "111028") for g in items(lib, "126200") for i in items(g, kind="IMAGE")]
    # The side of a finding is found by asking for it, too.
    for level in ("243920003", "243927000"):
        site = CodedConcept(level, "SCT", "level")
        assert len(content.get_planar_roi_measurement_groups(finding_site=site)
                   + content.get_image_measurement_groups(finding_site=site)) == 5
    verifying = sr.get("VerifyingObserverSequence", [])
    return {"head": head(sr), "completion": sr.CompletionFlag, "verification": sr.VerificationFlag,
            "verified_by": [str(v.VerifyingObserverName) for v in verifying],
            "verified_at": [str(v.VerificationDateTime) for v in verifying],
            "persons": [str(i.PersonName) for i in items(root, "121008")],
            "devices": [i.TextValue for i in items(root, "121013")],
            "template": root.template_id, "groups": [group(g) for g in planar + whole],
            "notices": texts("notice"), "warnings": texts("warning"), "impression": texts("121073"), "remark": texts("remark"),
            "provenance": texts("provenance"), "evidence": evidence, "library": library,
            "evidence_study": [s.StudyInstanceUID for s in sr.CurrentRequestedProcedureEvidenceSequence]}


if __name__ == "__main__":
    json.dump({"report": report(sys.argv[1]),
               "heads": [head(pydicom.dcmread(path, stop_before_pixels=True)) for path in sys.argv[2:]]}, sys.stdout)
