//! Conversion of values to JavaScript, with the types that TypeScript sees.

use js_sys::{Float32Array, Object, Reflect, Uint32Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use hrm::executor::Outputs;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Converts a value to a plain JavaScript object by way of JSON.
pub(super) fn object(value: &impl Serialize) -> JsValue {
    let text = serde_json::to_string(value).unwrap_or_default();
    js_sys::JSON::parse(&text).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a property of an object.
pub(super) fn set(object: &JsValue, name: &str, value: impl Into<JsValue>) {
    // Setting a property of a plain object cannot fail.
    let _ = Reflect::set(object, &name.into(), &value.into());
}

/// Converts the raw outputs of a sample.
pub(super) fn outputs(outputs: &Outputs) -> JsValue {
    let sample = JsValue::from(Object::new());
    set(&sample, "preds", Uint32Array::from(&outputs.preds[..]));
    set(&sample, "qHalt", outputs.q_halt);
    set(&sample, "qContinue", outputs.q_continue);
    for (name, tensor) in [("logits", &outputs.logits), ("zH", &outputs.z_h), ("zL", &outputs.z_l)] {
        if let Some(values) = tensor {
            set(&sample, name, Float32Array::from(&values[..]));
        }
    }
    sample
}
