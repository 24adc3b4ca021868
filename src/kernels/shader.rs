//! Shaders: WGSL files, assembled with what they include.

use serde::{Deserialize, Serialize};

use super::halting::status_codes;
use super::linear::epilogue_codes;
use super::wgsl::wgsl;

/// A WGSL shader whose lines `#include "name.wgsl"` stand for text shared by several shaders.
#[derive(Debug)]
pub struct Shader {
    /// Name of its file in `shaders/` without the extension, followed by ` f16` if that is its scalar.
    pub name: &'static str,
    /// The text of the file, with includes unresolved.
    pub source: &'static str,
    /// The number type that it multiplies.
    pub(crate) scalar: Scalar,
}

/// The number type that a linear layer multiplies. Longer sums are accumulated in f32 in either case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scalar {
    /// Single precision.
    #[default]
    F32,
    /// Half precision, which some GPUs multiply twice as fast; an optional feature of WebGPU.
    F16,
}

/// Files in `shaders/include/`, by the names under which shaders include them.
const FILES: [(&str, &str); 6] = [
    ("linear.wgsl", wgsl!("../../shaders/include/linear.wgsl")),
    ("live.wgsl", wgsl!("../../shaders/include/live.wgsl")),
    ("matrix.wgsl", wgsl!("../../shaders/include/matrix.wgsl")),
    ("outputs.wgsl", wgsl!("../../shaders/include/outputs.wgsl")),
    ("packed.wgsl", wgsl!("../../shaders/include/packed.wgsl")),
    ("turns.wgsl", wgsl!("../../shaders/include/turns.wgsl")),
];

impl Shader {
    /// Makes a shader that multiplies in f32.
    pub const fn new(name: &'static str, source: &'static str) -> Shader {
        let scalar = Scalar::F32;
        Shader { name, source, scalar }
    }

    /// Returns the shader as a device gets it: plain WGSL with every include resolved.
    ///
    /// An include that does not exist is left in place, where it fails to compile.
    pub(crate) fn text(&self) -> String {
        let mut text = match self.scalar {
            Scalar::F32 => String::new(),
            Scalar::F16 => "enable f16;\n".to_owned(),
        };
        for line in self.source.lines() {
            let name = line.strip_prefix("#include \"").and_then(|rest| rest.strip_suffix('"'));
            text += &name
                .and_then(|name| self.included(name))
                .unwrap_or_else(|| line.to_owned());
            text.push('\n');
        }
        text
    }

    /// Returns the text of an include: a file, or lines that the host generates.
    fn included(&self, name: &str) -> Option<String> {
        match name {
            "epilogues" => Some(epilogue_codes()),
            "scalar" => Some(self.scalar.declaration().to_owned()),
            "status" => Some(status_codes()),
            _ => {
                let file = FILES.iter().find(|(file, _)| *file == name);
                file.map(|(_, text)| text.trim_end().to_owned())
            }
        }
    }
}

impl Scalar {
    fn declaration(self) -> &'static str {
        match self {
            Scalar::F32 => "alias Scalar = f32;\nconst SCALAR_IS_F16 = false;",
            Scalar::F16 => "alias Scalar = f16;\nconst SCALAR_IS_F16 = true;",
        }
    }
}

/// Makes the shader from the file of this name, in f32 or f16.
macro_rules! shader {
    ($name:literal) => {{
        const SOURCE: &str = $crate::kernels::wgsl!(concat!("../../shaders/", $name, ".wgsl"));
        static SHADER: $crate::kernels::Shader = $crate::kernels::Shader::new($name, SOURCE);
        &SHADER
    }};
    ($name:literal, f16) => {{
        static SHADER: $crate::kernels::Shader = $crate::kernels::Shader {
            name: concat!($name, " f16"),
            source: $crate::kernels::wgsl!(concat!("../../shaders/", $name, ".wgsl")),
            scalar: $crate::kernels::Scalar::F16,
        };
        &SHADER
    }};
}
pub(super) use shader;
