//! The graph of an ONNX file before an engine sees it: what no detector has is refused.
//!
//! Engines trust their models: a loop without an end holds a whole batch, an expansion to 2^40 elements takes all memory,
//! a chain of many thousand nodes the stack. None of that can be caught while it runs.

use std::{collections::BTreeMap, sync::Arc};

use prost::{Message, bytes::Bytes};

/// YOLO of any size has fewer than a thousand, and three times as many where it is quantised.
const MOST_NODES: usize = 5_000;
/// What a constant may ask for along one axis, and in all: 4096 x 4096 pixels have fewer.
const LARGEST_AXIS: i64 = 1 << 24;
const LARGEST_SHAPE: i64 = 1 << 26;

/// All operators of Ultralytics' exports of its detectors, quantised ones too, and of what stands in their place in
/// exports of other versions. None holds a graph of its own.
#[rustfmt::skip]
const OPERATORS: [&str; 100] = [
    "Abs", "Add", "And", "ArgMax", "AveragePool", "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Constant",
    "ConstantOfShape", "Conv", "ConvInteger", "ConvTranspose", "Cos", "DepthToSpace", "DequantizeLinear", "Div",
    "Dropout", "DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "Flatten", "Floor", "Gather",
    "GatherElements", "GatherND", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater", "GreaterOrEqual",
    "GridSample", "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization",
    "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "Log", "LogSoftmax", "MatMul", "MatMulInteger", "Max",
    "MaxPool", "Min", "Mish", "Mod", "Mul", "Neg", "NonMaxSuppression", "NonZero", "Not", "Or", "PRelu", "Pad", "Pow",
    "QLinearConv", "QuantizeLinear", "Range", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "Relu",
    "Reshape", "Resize", "Round", "ScatterElements", "ScatterND", "Shape", "Sigmoid", "Sign", "Sin", "Slice", "Softmax",
    "Softplus", "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tanh", "Tile", "TopK", "Transpose",
    "Unsqueeze", "Upsample", "Where",
];

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    /// Functions of its own.
    #[prost(message, repeated, tag = "25")]
    functions: Vec<Nothing>,
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
    #[prost(string, tag = "7")]
    domain: String,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, tag = "3")]
    int: i64,
    #[prost(message, optional, tag = "5")]
    tensor: Option<TensorProto>,
    #[prost(int64, repeated, tag = "8")]
    ints: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    floats: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    int32: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    int64: Vec<i64>,
    #[prost(string, tag = "8")]
    name: String,
    /// Points into the file: weights are not copied to be passed over.
    #[prost(bytes = "bytes", tag = "9")]
    raw: Bytes,
}

impl TensorProto {
    /// Whole numbers of 32 or 64 bits; floats of 32 bits rounded up; `None` of other kinds. More than a few are weights.
    fn numbers(&self) -> Option<Vec<i64>> {
        const FEW: usize = 64;
        let long = |b: &[u8; 8]| i64::from_le_bytes(*b);
        let words = || self.raw.as_chunks::<4>().0.iter();
        let up = |value: f32| value.ceil() as i64;
        let numbers: Vec<i64> = match self.data_type {
            1 if self.raw.is_empty() => self.floats.iter().take(FEW).map(|v| up(*v)).collect(),
            1 => words().take(FEW).map(|b| up(f32::from_le_bytes(*b))).collect(),
            6 if self.raw.is_empty() => self.int32.iter().take(FEW).map(|v| i64::from(*v)).collect(),
            6 => words().take(FEW).map(|b| i64::from(i32::from_le_bytes(*b))).collect(),
            7 if self.raw.is_empty() => self.int64.iter().take(FEW).copied().collect(),
            7 => self.raw.as_chunks::<8>().0.iter().take(FEW).map(long).collect(),
            _ => return None,
        };
        Some(numbers)
    }

    const fn is_whole_numbers(&self) -> bool {
        matches!(self.data_type, 6 | 7)
    }
}

/// Why the graph is refused; `None` where an engine may have it. What is no ONNX file is not looked at.
pub fn objection(onnx: &Arc<[u8]>) -> Option<String> {
    let model = ModelProto::decode(Bytes::from_owner(onnx.clone())).ok()?;
    let graph = model.graph?;
    if !model.functions.is_empty() {
        return Some("it defines its own functions, which no detector does".to_owned());
    }
    if graph.node.len() > MOST_NODES {
        return Some(format!("its graph has {} nodes; no detector has more than {MOST_NODES}", graph.node.len()));
    }
    let mut constants: BTreeMap<&str, &TensorProto> =
        graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    for node in graph.node.iter().filter(|node| node.op_type == "Constant") {
        let tensor = node.attribute.iter().find_map(|attribute| attribute.tensor.as_ref());
        constants.extend(node.output.first().map(String::as_str).zip(tensor));
    }
    graph.node.iter().find_map(|node| of_node(node, &constants))
}

fn of_node(node: &NodeProto, constants: &BTreeMap<&str, &TensorProto>) -> Option<String> {
    let operator = node.op_type.as_str();
    if !OPERATORS.contains(&operator) || !matches!(node.domain.as_str(), "" | "ai.onnx") {
        return Some(format!("it uses the operator {operator}, which no known detector uses"));
    }
    let constant = |input: usize| constants.get(node.input.get(input)?.as_str()).copied();
    let numbers = |input: usize| constant(input).and_then(TensorProto::numbers).unwrap_or_default();
    let attribute = |name: &str| {
        let found = node.attribute.iter().find(|attribute| attribute.name == name);
        found.map(|attribute| attribute.ints.clone()).unwrap_or_default()
    };
    let sizes: Vec<Vec<i64>> = match operator {
        "ConstantOfShape" => vec![numbers(0)],
        "Expand" | "Reshape" | "Tile" | "TopK" | "Upsample" => vec![numbers(1)],
        "Pad" => vec![numbers(1), attribute("pads")],
        "Resize" => vec![numbers(2), numbers(3)],
        "Range" => vec![numbers(0), numbers(1), numbers(2)],
        "Conv" | "ConvTranspose" | "MaxPool" | "AveragePool" => {
            vec![attribute("pads"), attribute("kernel_shape"), attribute("strides"), attribute("dilations")]
        }
        _ => Vec::new(),
    };
    for sizes in &sizes {
        let product = sizes.iter().filter(|size| **size > 1).fold(1_i64, |all, size| all.saturating_mul(*size));
        let is_shape = !matches!(operator, "Range" | "Pad");
        if sizes.iter().any(|size| size.saturating_abs() > LARGEST_AXIS) || (is_shape && product > LARGEST_SHAPE) {
            return Some(format!("its {operator} asks for more memory than any image needs"));
        }
    }
    // The least whole number divided by -1 is none.
    let is_extreme = |input: usize| {
        constant(input).is_some_and(TensorProto::is_whole_numbers)
            && numbers(input).iter().any(|value| *value <= i64::from(i32::MIN))
    };
    if matches!(operator, "Div" | "Mod" | "Neg" | "Abs") && (is_extreme(0) || is_extreme(1)) {
        return Some(format!("its {operator} has an invalid number"));
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(op_type: &str, input: &[&str]) -> NodeProto {
        let input = input.iter().map(|name| (*name).to_owned()).collect();
        NodeProto { op_type: op_type.to_owned(), input, output: vec!["out".into()], ..NodeProto::default() }
    }

    fn long(name: &str, values: &[i64]) -> TensorProto {
        TensorProto { data_type: 7, name: name.into(), int64: values.to_vec(), ..TensorProto::default() }
    }

    fn objection_to(node: Vec<NodeProto>, initializer: Vec<TensorProto>) -> Option<String> {
        let graph = Some(GraphProto { node, initializer });
        objection(&ModelProto { graph, functions: Vec::new() }.encode_to_vec().into())
    }

    #[test]
    fn what_hangs_or_takes_all_memory_is_refused_and_what_detectors_have_is_not() {
        let with = |op: &str, values: &[i64]| objection_to(vec![node(op, &["x", "c"])], vec![long("c", values)]);
        for (op, values) in [
            ("Loop", &[1][..]),
            ("If", &[1]),
            ("Scan", &[1]),
            ("Pad", &[0, 0, i64::MAX, 0]),
            ("Expand", &[1 << 40]),
            ("Expand", &[1 << 20, 1 << 20]),
            ("Tile", &[1 << 30]),
            ("Div", &[i64::MIN]),
            ("Div", &[i64::from(i32::MIN)]),
        ] {
            assert!(with(op, values).is_some(), "{op} {values:?}");
        }
        for (op, values) in [
            ("Slice", &[i64::MAX][..]),
            ("Reshape", &[1, 4, 16, -1]),
            ("Pad", &[0, 0, 1, 1]),
            ("Div", &[-1]),
            ("Expand", &[1, 300, 6]),
        ] {
            assert_eq!(with(op, values), None, "{op} {values:?}");
        }
        assert!(objection_to(vec![node("Relu", &["x"]); MOST_NODES + 1], vec![]).is_some());
        let foreign = NodeProto { domain: "com.example".into(), ..node("Relu", &["x"]) };
        assert!(objection_to(vec![foreign], vec![]).is_some());
        let mut held = node("Constant", &[]);
        held.attribute =
            vec![AttributeProto { name: "value".into(), tensor: Some(long("", &[1 << 40])), ..Default::default() }];
        assert!(objection_to(vec![held, node("Expand", &["x", "out"])], vec![]).is_some(), "a constant in a node");
    }

    #[test]
    fn the_models_inside_are_fine() {
        for model in crate::detector::ModelSet::embedded().unwrap().models {
            assert_eq!(objection(&model.onnx), None, "{}", model.name);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = objection(&bytes.into());
        }
    }
}
