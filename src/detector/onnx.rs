//! What an ONNX file says of itself: shapes, and the metadata that Ultralytics writes. Weights are skipped.

use prost::Message;

/// The parts of `onnx.proto` that are needed; other fields are passed over.
#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "14")]
    metadata_props: Vec<StringEntry>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct StringEntry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    element: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dimensions: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    value: Option<i64>,
}

/// Shape of an input or output; -1 where it is not fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its length along each axis.
    pub shape: Vec<i64>,
    /// Whether its elements are 32-bit floats.
    pub is_f32: bool,
}

/// What a file says.
#[derive(Debug, Clone)]
pub struct OnnxInfo {
    /// In order.
    pub inputs: Vec<Tensor>,
    /// In order.
    pub outputs: Vec<Tensor>,
    metadata: Vec<StringEntry>,
}

impl OnnxInfo {
    /// `None` if the bytes are not an ONNX model.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let model = ModelProto::decode(bytes).ok()?;
        let graph = model.graph.filter(|g| !g.input.is_empty() && !g.output.is_empty())?;
        let tensors = |all: Vec<ValueInfo>| all.into_iter().map(tensor).collect();
        Some(Self { inputs: tensors(graph.input), outputs: tensors(graph.output), metadata: model.metadata_props })
    }

    /// A metadata value.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|e| e.key == key).map(|e| e.value.as_str())
    }
}

fn tensor(info: ValueInfo) -> Tensor {
    let tensor = info.r#type.and_then(|t| t.tensor).unwrap_or_default();
    let shape = tensor.shape.unwrap_or_default().dimensions.iter().map(|d| d.value.unwrap_or(-1)).collect();
    Tensor { shape, is_f32: tensor.element == 1 }
}

/// The class names in order of index, from Python's `str()` of a dictionary or list: `{0: 'a', 1: "b's"}`.
/// `None` if it is something else, or an index is missing.
pub fn python_names(text: &str) -> Option<Vec<String>> {
    let inner = text.trim();
    let is_list = inner.starts_with('[');
    let inner = inner.strip_prefix(['{', '['])?.strip_suffix(['}', ']'])?;
    let mut names = std::collections::BTreeMap::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let index = if is_list {
            names.len()
        } else {
            let (key, after) = rest.split_once(':')?;
            rest = after.trim_start();
            key.trim().trim_matches(['\'', '"']).parse().ok()?
        };
        let (name, after) = python_string(rest)?;
        names.insert(index, name);
        rest = after.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    let complete = names.keys().copied().eq(0..names.len());
    (complete && !names.is_empty()).then(|| names.into_values().collect())
}

/// A quoted string with its backslashes undone, and what follows it.
fn python_string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => out.push(chars.next()?.1),
            c if c == quote => return Some((out, &text[at + c.len_utf8()..])),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_as_python_prints_them() {
        let names = python_names(r#"{0: 'a', 1: "b's", 2: 'c\'d'}"#).unwrap();
        assert_eq!(names, ["a", "b's", "c'd"]);
        assert_eq!(python_names("['x', 'y']").unwrap(), ["x", "y"]);
        for bad in ["", "{}", "{0: a}", "{1: 'a'}", "{0: 'a' 1: 'b'}", "{0: 'a", "null", "{0: 'a', 0"] {
            assert!(python_names(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,60}") {
            let _ = OnnxInfo::read(&bytes);
            let _ = python_names(&text);
            let _ = python_names(&format!("{{0: '{text}'}}"));
        }
    }
}
