//! A shader as wgpu hands it to a driver.

use std::fs;
use std::path::Path;

use naga::back::{PipelineConstants, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, ShaderStage};

use crate::{Result, name};

/// A compute shader whose constants are resolved.
pub(crate) struct Shader {
    /// Name of its file, without the extension.
    pub name: String,
    /// The module.
    pub module: Module,
    info: ModuleInfo,
}

impl Shader {
    /// Reads a file `NAME,CONSTANT=VALUE,….wgsl`.
    pub(crate) fn read(path: &Path) -> Result<Shader> {
        let (name, text) = (name(path)?.to_owned(), fs::read_to_string(path)?);
        let mut constants = PipelineConstants::default();
        for part in name.split(',').skip(1) {
            let (constant, value) = part
                .split_once('=')
                .ok_or_else(|| format!("{name}: {part} has no value"))?;
            constants.insert(constant.to_owned(), value.parse()?);
        }
        let module = naga::front::wgsl::parse_str(&text).map_err(|e| e.emit_to_string_with_path(&text, &name))?;
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::all());
        let info = validator
            .validate(&module)
            .map_err(|e| e.emit_to_string_with_path(&text, &name))?;
        let entry = Some((ShaderStage::Compute, "main"));
        let (module, info) = naga::back::pipeline_constants::process_overrides(&module, &info, entry, &constants)?;
        let (module, info) = (module.into_owned(), info.into_owned());
        Ok(Shader { name, module, info })
    }

    /// Returns whether it computes in f16.
    pub(crate) fn needs_f16(&self) -> bool {
        let half = |ty: &naga::Type| {
            let scalar = ty.inner.scalar();
            scalar.is_some_and(|s| s.kind == naga::ScalarKind::Float && s.width == 2)
        };
        self.module.types.iter().any(|(_, ty)| half(ty))
    }

    /// Translates to SPIR-V with the options of wgpu-hal 30 for a driver with Vulkan 1.3 and robustBufferAccess2, and with
    /// those of `gpu/pipelines.rs`.
    pub(crate) fn spir_v(&self) -> Result<Vec<u32>> {
        let bound = self.module.global_variables.iter().filter_map(|(_, v)| v.binding);
        let place = |b: naga::ResourceBinding| spv::BindingInfo {
            descriptor_set: b.group,
            binding: b.binding,
            binding_array_size: None,
        };
        let options = spv::Options {
            lang_version: (1, 6),
            flags: spv::WriterFlags::LABEL_VARYINGS | spv::WriterFlags::FORCE_POINT_SIZE,
            binding_map: bound.map(|b| (b, place(b))).collect(),
            bounds_check_policies: BoundsCheckPolicies {
                index: BoundsCheckPolicy::Restrict,
                ..BoundsCheckPolicies::default()
            },
            zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
            force_loop_bounding: true,
            ..spv::Options::default()
        };
        let pipeline = spv::PipelineOptions {
            shader_stage: ShaderStage::Compute,
            entry_point: "main".to_owned(),
        };
        Ok(spv::write_vec(&self.module, &self.info, &options, Some(&pipeline))?)
    }

    /// Translates to Metal, with the same checks.
    pub(crate) fn metal(&self) -> Result<String> {
        let options = msl::Options {
            zero_initialize_workgroup_memory: false,
            bounds_check_policies: BoundsCheckPolicies {
                index: BoundsCheckPolicy::Restrict,
                ..BoundsCheckPolicies::default()
            },
            force_loop_bounding: true,
            ..msl::Options::default()
        };
        let (text, _) = msl::write_string(&self.module, &self.info, &options, &msl::PipelineOptions::default())?;
        Ok(text)
    }
}
