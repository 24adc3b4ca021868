//! GPU adapters as the browser describes them; wgpu passes on little of it.

use js_sys::{Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The name of the CPU executor.
pub(super) const CPU: &str = "CPU (wasm)";
/// Message if there is no adapter.
pub(super) const NONE: &str = "there is no WebGPU adapter here";
/// Message if the only adapter is no faster than the CPU.
pub(super) const SOFTWARE: &str = "the only WebGPU adapter is a software one, and the CPU is faster";

/// An adapter, as the browser describes it.
#[derive(Debug)]
pub(super) struct Adapter {
    pub name: String,
    pub software: bool,
}

/// An entry of `Core.devices()`.
#[derive(Debug, Serialize)]
pub(super) struct DeviceInfo {
    kind: &'static str,
    name: String,
    software: bool,
    auto: bool,
    why: String,
}

/// Returns the adapter that the browser offers, if any.
pub(super) async fn adapter() -> Option<Adapter> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let gpu = get(&get(&js_sys::global(), "navigator")?, "gpu").filter(JsValue::is_object)?;
    let request = get(&gpu, "requestAdapter")?.dyn_into::<js_sys::Function>().ok()?;
    let promise = request.call0(&gpu).ok()?.dyn_into::<Promise>().ok()?;
    let adapter = JsFuture::from(promise).await.ok().filter(JsValue::is_object)?;
    let info = get(&adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let text = |name: &str| get(&info, name).and_then(|text| text.as_string()).unwrap_or_default();
    let truth = |object: &JsValue| get(object, "isFallbackAdapter").is_some_and(|v| v.is_truthy());
    let parts = [text("vendor"), text("architecture"), text("device")];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let name = match text("description") {
        description if !description.is_empty() => description,
        _ if parts.is_empty() => "WebGPU".to_owned(),
        _ => parts.join(" "),
    };
    Some(Adapter {
        name,
        software: truth(&info) || truth(&adapter),
    })
}

/// Lists all devices.
pub(super) async fn devices() -> Vec<DeviceInfo> {
    let adapter = adapter().await;
    let auto = adapter.as_ref().is_some_and(|adapter| !adapter.software);
    let cpu = DeviceInfo {
        kind: "cpu",
        name: CPU.to_owned(),
        software: true,
        auto: !auto,
        why: match auto {
            true => "auto takes it where a segment is faster on it than on the GPU".to_owned(),
            false => format!("auto takes it: {}", adapter.as_ref().map_or(NONE, |_| SOFTWARE)),
        },
    };
    let gpu = adapter.map(|Adapter { name, software }| DeviceInfo {
        kind: "webgpu",
        name,
        software,
        auto,
        why: match auto {
            true => "auto takes it, unless the CPU is faster".to_owned(),
            false => "a software adapter: the CPU is faster, so only \"webgpu\" takes it".to_owned(),
        },
    });
    gpu.into_iter().chain([cpu]).collect()
}
