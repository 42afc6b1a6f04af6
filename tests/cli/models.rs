//! Model files that are no detectors of ours: refused in one line that says what was expected.

use std::path::Path;

use tempfile::TempDir;

use super::support::foramen;

/// ONNX files made by hand: as much of `onnx.proto` as a network needs that always answers the same.
pub mod onnx {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    struct Model {
        #[prost(int64, tag = "1")]
        ir_version: i64,
        #[prost(message, optional, tag = "7")]
        graph: Option<Graph>,
        #[prost(message, repeated, tag = "8")]
        opset: Vec<Opset>,
        #[prost(message, repeated, tag = "14")]
        metadata: Vec<Entry>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Opset {
        #[prost(string, tag = "1")]
        domain: String,
        #[prost(int64, tag = "2")]
        version: i64,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Entry {
        #[prost(string, tag = "1")]
        key: String,
        #[prost(string, tag = "2")]
        value: String,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Graph {
        #[prost(message, repeated, tag = "1")]
        node: Vec<Node>,
        #[prost(string, tag = "2")]
        name: String,
        #[prost(message, repeated, tag = "5")]
        initializer: Vec<Tensor>,
        #[prost(message, repeated, tag = "11")]
        input: Vec<Value>,
        #[prost(message, repeated, tag = "12")]
        output: Vec<Value>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Node {
        #[prost(string, repeated, tag = "1")]
        input: Vec<String>,
        #[prost(string, repeated, tag = "2")]
        output: Vec<String>,
        #[prost(string, tag = "4")]
        operator: String,
        #[prost(message, repeated, tag = "5")]
        attribute: Vec<Attribute>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Attribute {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(int64, tag = "3")]
        number: i64,
        #[prost(int32, tag = "20")]
        kind: i32,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Tensor {
        #[prost(int64, repeated, packed = "false", tag = "1")]
        dims: Vec<i64>,
        #[prost(int32, tag = "2")]
        kind: i32,
        #[prost(string, tag = "8")]
        name: String,
        #[prost(bytes = "vec", tag = "9")]
        raw: Vec<u8>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Value {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(message, optional, tag = "2")]
        kind: Option<Kind>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Kind {
        #[prost(message, optional, tag = "1")]
        tensor: Option<TensorKind>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct TensorKind {
        #[prost(int32, tag = "1")]
        element: i32,
        #[prost(message, optional, tag = "2")]
        shape: Option<Shape>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Shape {
        #[prost(message, repeated, tag = "1")]
        dim: Vec<Dim>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Dim {
        #[prost(int64, tag = "1")]
        value: i64,
    }

    /// Side of the input, in pixels, and how many anchors that gives.
    pub const SIDE: i64 = 32;
    pub const ANCHORS: i64 = 16 + 4 + 1;

    fn value(name: &str, shape: &[i64]) -> Value {
        let dim = shape.iter().map(|&value| Dim { value }).collect();
        let tensor = TensorKind { element: 1, shape: Some(Shape { dim }) };
        Value { name: name.into(), kind: Some(Kind { tensor: Some(tensor) }) }
    }

    fn floats(name: &str, dims: &[i64], values: &[f32]) -> Tensor {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Tensor { dims: dims.to_vec(), kind: 1, name: name.into(), raw }
    }

    fn node(operator: &str, input: &[&str], output: &str, attribute: Vec<Attribute>) -> Node {
        let input = input.iter().map(ToString::to_string).collect();
        Node { input, output: vec![output.into()], operator: operator.into(), attribute }
    }

    /// A network with `names` as its class metadata that sees one box in the middle of whatever it looks at:
    /// each class with its score. `output` is the shape that it claims and has.
    pub fn detector(names: Option<&str>, output: &[i64], scores: &[f32]) -> Vec<u8> {
        let mut answer = vec![0.0; output.iter().product::<i64>() as usize];
        let anchors = output[output.len() - 1] as usize;
        for (row, value) in [16.0, 16.0, 8.0, 8.0].iter().chain(scores).enumerate() {
            if let Some(cell) = answer.get_mut(row * anchors) {
                *cell = *value;
            }
        }
        let whole = Attribute { name: "keepdims".into(), number: 0, kind: 2 };
        let graph = Graph {
            node: vec![
                node("Mul", &["images", "zero"], "nothing", vec![]),
                node("ReduceSum", &["nothing"], "sum", vec![whole]),
                node("Add", &["sum", "answer"], "output0", vec![]),
            ],
            name: "always the same".into(),
            initializer: vec![floats("zero", &[1], &[0.0]), floats("answer", output, &answer)],
            input: vec![value("images", &[1, 3, SIDE, SIDE])],
            output: vec![value("output0", output)],
        };
        let entry = |value: &str| Entry { key: "names".into(), value: value.into() };
        let opset = vec![Opset { domain: String::new(), version: 13 }];
        Model { ir_version: 8, graph: Some(graph), opset, metadata: names.map(entry).into_iter().collect() }
            .encode_to_vec()
    }

    /// One that can be graded with: of a role's classes, the named ones have a score.
    pub fn of_role(role: foramen::grading::Role, seen: &[(&str, f32)]) -> Vec<u8> {
        let classes = foramen::grading::DetectionClass::all(role);
        let names: Vec<String> = classes.iter().enumerate().map(|(i, class)| format!("{i}: '{class}'")).collect();
        let score = |class: String| seen.iter().find(|(name, _)| *name == class).map_or(0.0, |(_, score)| *score);
        let scores: Vec<f32> = classes.iter().map(|class| score(class.to_string())).collect();
        detector(Some(&format!("{{{}}}", names.join(", "))), &[1, 4 + classes.len() as i64, ANCHORS], &scores)
    }
}

/// Grades with `bytes` as the only model; returns the line on stderr.
fn refusal(bytes: &[u8]) -> String {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("x.onnx"), bytes).unwrap();
    let run = foramen(&[Path::new("grade"), Path::new("."), Path::new("--models"), dir.path()]);
    assert!(run.out.is_empty(), "{}", run.out);
    run.one_line(4).to_owned()
}

#[test]
fn files_that_are_no_detectors_are_refused_with_what_was_expected() {
    let name = "{0: 'spinal_canal_stenosis_l1_l2_severe'}";
    let both = "{0: 'spinal_canal_stenosis_l1_l2_severe', 1: 'left_subarticular_stenosis_l1_l2_severe'}";
    let good = onnx::detector(Some(name), &[1, 5, 21], &[0.5]);
    let lines = [
        refusal(b"hello, I am text"),
        refusal(b""),
        refusal(&good[..good.len() / 2]),
        refusal(&onnx::detector(None, &[1, 5, 21], &[0.5])),
        refusal(&onnx::detector(Some("not a dictionary"), &[1, 5, 21], &[0.5])),
        refusal(&onnx::detector(Some("{0: 'cat', 1: 'dog'}"), &[1, 6, 21], &[0.5])),
        refusal(&onnx::detector(Some(both), &[1, 6, 21], &[0.5])),
        refusal(&onnx::detector(Some(name), &[1, 1000], &[0.5])),
        refusal(&onnx::detector(Some(name), &[1, 7, 21], &[0.5])),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_model_folder_that_is_missing_or_empty_is_said_so() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("missing");
    let line = |models: &Path| {
        let run = foramen(&[Path::new("grade"), Path::new("."), Path::new("--models"), models]);
        run.one_line(4).replace(&dir.path().display().to_string(), "FOLDER")
    };
    assert!(line(&missing).starts_with("FOLDER/missing: cannot be read: No such file or directory"));
    assert_eq!(line(dir.path()), "FOLDER: no .onnx file in this folder");
}

#[test]
fn a_manifest_that_is_no_manifest_is_said_so() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("x.onnx"), onnx::of_role(foramen::grading::Role::Scs, &[])).unwrap();
    std::fs::write(dir.path().join("manifest.json"), "{ \"format\": 1, ").unwrap();
    let run = foramen(&[Path::new("grade"), Path::new("."), Path::new("--models"), dir.path()]);
    let line = run.one_line(4);
    assert!(line.contains("manifest.json: cannot be read:"), "{line}");
}
