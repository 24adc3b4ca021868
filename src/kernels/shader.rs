//! Shaders: WGSL files, assembled with what they include.

use serde::{Deserialize, Serialize};

use super::halting::status_codes;
use super::linear::epilogue_codes;
use super::wgsl::wgsl;

/// A WGSL shader whose lines `#include "name.wgsl"` stand for text shared by several shaders.
#[derive(Debug)]
pub struct Shader {
    /// Name of its file in `shaders/` without the extension, followed by ` f16` or ` int8` if that is its scalar.
    pub name: &'static str,
    /// The text of the file, with includes unresolved.
    pub source: &'static str,
    /// The number type that it multiplies.
    pub(crate) scalar: Scalar,
}

/// The number type that a linear layer multiplies. Sums of floats are accumulated in f32, at the latest after eight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scalar {
    /// Single precision.
    #[default]
    F32,
    /// Half precision, which some GPUs multiply twice as fast; an optional feature of WebGPU.
    F16,
    /// Eight-bit integers with a scale for each row and output, and exact sums: some GPUs multiply four pairs at once.
    #[serde(rename = "int8")]
    I8,
}

/// Files in `shaders/include/`, by the names under which shaders include them.
const FILES: [(&str, &str); 10] = [
    ("floats.wgsl", wgsl!("../../shaders/include/floats.wgsl")),
    ("inputs.wgsl", wgsl!("../../shaders/include/inputs.wgsl")),
    ("linear.wgsl", wgsl!("../../shaders/include/linear.wgsl")),
    ("live.wgsl", wgsl!("../../shaders/include/live.wgsl")),
    ("matrix.wgsl", wgsl!("../../shaders/include/matrix.wgsl")),
    ("outputs.wgsl", wgsl!("../../shaders/include/outputs.wgsl")),
    ("packed.wgsl", wgsl!("../../shaders/include/packed.wgsl")),
    ("rows.wgsl", wgsl!("../../shaders/include/rows.wgsl")),
    ("turns.wgsl", wgsl!("../../shaders/include/turns.wgsl")),
    ("words.wgsl", wgsl!("../../shaders/include/words.wgsl")),
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
            Scalar::F16 => "enable f16;\n".to_owned(),
            Scalar::F32 | Scalar::I8 => String::new(),
        };
        self.compose(self.source, &mut text);
        text
    }

    /// Adds lines to `text`, and what they include.
    fn compose(&self, lines: &str, text: &mut String) {
        for line in lines.lines() {
            let name = line.strip_prefix("#include \"").and_then(|rest| rest.strip_suffix('"'));
            match name.and_then(|name| self.included(name)) {
                Some(included) => self.compose(&included, text),
                None => {
                    *text += line;
                    text.push('\n');
                }
            }
        }
    }

    /// Returns the text of an include: a file, or lines that the host generates.
    fn included(&self, name: &str) -> Option<String> {
        match name {
            "epilogues" => Some(epilogue_codes()),
            "operands" => self.included(self.scalar.operands()),
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
            Scalar::I8 => "alias Scalar = u32;",
        }
    }

    /// Returns the file that says how tiles load and multiply.
    fn operands(self) -> &'static str {
        match self {
            Scalar::F32 | Scalar::F16 => "floats.wgsl",
            Scalar::I8 => "words.wgsl",
        }
    }
}

/// Makes the shader from the file of this name, in f32 or in another scalar, given with the name that it goes by.
macro_rules! shader {
    ($name:literal) => {{
        const SOURCE: &str = $crate::kernels::wgsl!(concat!("../../shaders/", $name, ".wgsl"));
        static SHADER: $crate::kernels::Shader = $crate::kernels::Shader::new($name, SOURCE);
        &SHADER
    }};
    ($name:literal, $scalar:ident $called:literal) => {{
        static SHADER: $crate::kernels::Shader = $crate::kernels::Shader {
            name: concat!($name, " ", $called),
            source: $crate::kernels::wgsl!(concat!("../../shaders/", $name, ".wgsl")),
            scalar: $crate::kernels::Scalar::$scalar,
        };
        &SHADER
    }};
}
pub(super) use shader;
