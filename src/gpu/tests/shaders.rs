//! Every shader with every set of constants in use is valid WGSL and can be translated for every kind of driver; in f16
//! for drivers that have it, and in int8 for all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::common::skips::skipped;
use super::common::{full_size_hrm, full_size_trm_maze, full_size_trm_sudoku};
use crate::halt::Halt;
use crate::kernels::{Binding, Dispatch, Gemm, Linear, Scalar, ShaderSet, Target};
use crate::model::{Config, Family, Positions};
use crate::network;
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, ShaderStage, back};

/// The sizes of the published models, small ones, and ones with the parts that the published models lack.
fn configurations() -> Vec<Config> {
    let small = full_size_hrm(21, 7).with(|c| {
        c.hidden_size = 40;
        c.num_heads = 4;
        c.puzzle_emb_ndim = 24;
        c.positions = Positions::Learned;
    });
    let symbols = Config::published(Family::SeRrm, 81, 11);
    vec![
        Config::published(Family::Urm, 81, 11),
        Config::published(Family::Urm, 900, 6),
        symbols.clone(),
        symbols.with(|c| {
            (c.seq_len, c.vocab_size, c.positions) = (900, 6, Positions::Learned);
            c.symbols = c.symbols.map(|mut symbols| {
                symbols.equivariant = false;
                symbols
            });
        }),
        full_size_hrm(81, 11),
        full_size_hrm(900, 6),
        full_size_hrm(900, 6).with(|c| c.task = Some(crate::tasks::maze::TASK)),
        full_size_trm_sudoku(),
        full_size_trm_maze(900, 6),
        Config::published(Family::Eqr, 81, 11),
        Config::published(Family::Nano, 81, 12).with(|c| c.task = Some(crate::tasks::sudoku::TASK)),
        Config::published(Family::Sotaku, 81, 10).with(|c| c.task = Some(crate::tasks::sudoku::TASK)),
        small.clone().with(|c| c.puzzle_emb_ndim = 0),
        small.clone().with(|c| {
            c.num_heads = 1;
            c.hidden_size = 128;
        }),
        small,
    ]
}

/// Returns each shader with each set of constants in use, once.
fn all_dispatches() -> Vec<Dispatch> {
    dispatches(configurations(), &[ShaderSet::Workgroup, ShaderSet::Register])
}

fn dispatches(configurations: impl IntoIterator<Item = Config>, sets: &[ShaderSet]) -> Vec<Dispatch> {
    let mut known = BTreeMap::new();
    for config in configurations {
        for halt in [Halt::Fixed, Halt::Learned, Halt::Stable, Halt::Still, Halt::Valid] {
            let plan = network::plan(&config, config.seq_len, halt);
            for &shader_set in sets {
                for stored in [Scalar::F32, Scalar::F16, Scalar::I8] {
                    let stored = |_| stored;
                    for gemm in Gemm::ALL {
                        let target = Target {
                            gemm: &|_: &Linear| Some(gemm),
                            ..Target::new(shader_set, 1, &stored)
                        };
                        let lists = [&plan.load, &plan.segment, &plan.halting];
                        for dispatch in lists.iter().flat_map(|steps| target.list(steps, &plan.io).0) {
                            known.insert(format!("{} {:?}", dispatch.shader.name, dispatch.constants), dispatch);
                        }
                    }
                }
            }
        }
    }
    known.into_values().collect()
}

/// Returns the module with its constants resolved, as a device sees it.
fn resolved(dispatch: &Dispatch) -> (Module, ModuleInfo) {
    let (name, source) = (dispatch.shader.name, dispatch.shader.text());
    let module = naga::front::wgsl::parse_str(&source).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&source)));
    // Only what every WebGPU device has.
    let baseline = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    let capabilities = match dispatch.shader.scalar {
        Scalar::F32 | Scalar::I8 => baseline,
        Scalar::F16 => baseline | Capabilities::SHADER_FLOAT16,
    };
    let mut validator = Validator::new(ValidationFlags::all(), capabilities);
    let info = validator
        .validate(&module)
        .unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&source)));
    let constants: naga::back::PipelineConstants =
        dispatch.constants.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
    let entry = Some((ShaderStage::Compute, "main"));
    let (module, info) = back::pipeline_constants::process_overrides(&module, &info, entry, &constants).unwrap();
    (module.into_owned(), info.into_owned())
}

/// Writes the shaders that GPUs run with the published models into the folder `HRM_SHADERS`, a file for each set of
/// constants, for `benches/compilers`. Its name carries the constants.
#[test]
#[ignore = "writes files for benches/compilers"]
fn shaders_of_published_models_are_written() {
    let folder = std::env::var("HRM_SHADERS").expect("the folder to write to");
    let published = |c: &Config| c.hidden_size >= 128;
    let mut names = BTreeSet::new();
    for dispatch in dispatches(configurations().into_iter().filter(published), &[ShaderSet::Workgroup]) {
        let mut name = dispatch.shader.name.replace(' ', "-");
        for (constant, value) in &dispatch.constants {
            name += &format!(",{constant}={value}");
        }
        std::fs::write(format!("{folder}/{name}.wgsl"), dispatch.shader.text()).unwrap();
        assert!(names.insert(name));
    }
    for narrow in ["linear_large-f16,", "linear_large-int8"] {
        assert!(names.iter().any(|name| name.starts_with(narrow)), "{names:?}");
    }
}

/// The constants that a shader declares are exactly those that it is given, and so are its bindings.
#[test]
fn constants_and_bindings_are_those_of_the_host() {
    for dispatch in all_dispatches() {
        let (name, source) = (dispatch.shader.name, dispatch.shader.text());
        let module = naga::front::wgsl::parse_str(&source).unwrap();
        let declared: BTreeSet<&str> = module.overrides.iter().filter_map(|(_, o)| o.name.as_deref()).collect();
        let given: BTreeSet<&str> = dispatch.constants.iter().map(|(name, _)| *name).collect();
        assert_eq!(declared, given, "{name}");
        let bindings = module
            .global_variables
            .iter()
            .filter_map(|(_, v)| v.binding)
            .map(|b| b.binding);
        let bindings: BTreeSet<u32> = bindings.collect();
        assert_eq!(bindings, (0..dispatch.bindings.len() as u32).collect(), "{name}");
    }
}

#[test]
fn every_shader_is_in_use() {
    let file = |d: &Dispatch| format!("{}.wgsl", d.shader.name.split(' ').next().unwrap());
    let mut used: BTreeSet<String> = all_dispatches().iter().map(file).collect();
    // Rule kernels lie in the folders of their tasks.
    used.retain(|file| !file.ends_with("_rules.wgsl"));
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders")).unwrap();
    let mut files: BTreeSet<String> = folder.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    assert!(files.remove("include"));
    assert_eq!(used, files);
}

/// Every include file is included somewhere, and no include is left unresolved.
#[test]
fn every_include_is_in_use() {
    let texts: BTreeSet<String> = all_dispatches().iter().map(|d| d.shader.text()).collect();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/include")).unwrap();
    for file in folder.map(|f| f.unwrap().file_name().into_string().unwrap()) {
        let text = std::fs::read_to_string(format!("{}/shaders/include/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let last = text.rsplit("\n\n").next().unwrap();
        assert!(texts.iter().any(|text| text.contains(last)), "{file}");
    }
    assert!(texts.iter().all(|text| !text.contains("#include")));
}

/// A host struct has the same members as the shader's, at the same offsets.
#[test]
fn uniforms_are_those_of_the_host() {
    let mut compared = BTreeSet::new();
    for dispatch in all_dispatches() {
        let name = dispatch.shader.name;
        let module = naga::front::wgsl::parse_str(&dispatch.shader.text()).unwrap();
        for (number, binding) in (0..).zip(&dispatch.bindings) {
            let variable = module.global_variables.iter().map(|(_, variable)| variable);
            let mut variable = variable.filter(|v| v.binding.is_some_and(|b| b.binding == number));
            let variable = variable.next_back().unwrap();
            let Binding::Uniforms(uniforms) = binding else {
                assert!(
                    variable.space != naga::AddressSpace::Uniform,
                    "{name}: binding {number}"
                );
                continue;
            };
            let naga::TypeInner::Struct { members, .. } = &module.types[variable.ty].inner else {
                panic!("{name}: uniforms are a struct");
            };
            let members = members.iter().map(|member| {
                let scalar = match module.types[member.ty].inner {
                    naga::TypeInner::Scalar(naga::Scalar::U32) => "u32",
                    naga::TypeInner::Scalar(naga::Scalar::F32) => "f32",
                    ref other => panic!("{name}: {other:?}"),
                };
                (member.name.as_deref().unwrap(), member.offset as usize, scalar)
            });
            let fields = uniforms.fields.iter().map(|f| (f.name, f.offset, f.scalar));
            assert_eq!(members.collect::<Vec<_>>(), fields.collect::<Vec<_>>(), "{name}");
            compared.insert(name);
        }
    }
    assert!(compared.len() >= 9, "{compared:?}");
}

/// Only the number type that is multiplied is chosen in the text, and only in shaders that declare it.
#[test]
fn products_are_in_the_number_type_that_is_asked_for() {
    for tile in ["linear_small", "linear_large"] {
        for scalar in ["f16", "int8"] {
            let name = format!("{tile} {scalar}");
            assert!(all_dispatches().iter().any(|d| d.shader.name == name), "{name}");
        }
    }
    for dispatch in all_dispatches() {
        let int8 = dispatch.shader.scalar == Scalar::I8;
        assert_eq!(dispatch.shader.text().contains("dot4I8Packed"), int8);
        assert_eq!(dispatch.shader.name.ends_with(" int8"), int8);
        let f16 = dispatch.shader.scalar == Scalar::F16;
        let (module, _) = resolved(&dispatch);
        let half = |(_, ty): (_, &naga::Type)| {
            let scalar = ty.inner.scalar();
            scalar.is_some_and(|scalar| scalar.kind == naga::ScalarKind::Float && scalar.width == 2)
        };
        assert_eq!(module.types.iter().any(half), f16, "{}", dispatch.shader.name);
        assert_eq!(dispatch.shader.name.ends_with(" f16"), f16);
    }
}

/// Every binding's comment gives its shape, and every file begins with what it computes.
#[test]
fn bindings_have_shapes_and_files_have_heads() {
    for dispatch in all_dispatches() {
        assert!(dispatch.shader.source.starts_with("// "), "{}", dispatch.shader.name);
        for line in dispatch.shader.text().lines().filter(|line| line.contains("@binding")) {
            let comment = line.split("; //").nth(1).unwrap_or_default();
            assert!(comment.contains('['), "{}: {line}", dispatch.shader.name);
        }
    }
}

/// Shaders stay within WebGPU's defaults: 16 KiB of workgroup memory, 256 invocations, 8 storage buffers, 4 storage
/// images.
#[test]
fn shaders_fit_the_default_limits() {
    for dispatch in all_dispatches() {
        let (module, _) = resolved(&dispatch);
        let mut layouter = naga::proc::Layouter::default();
        layouter.update(module.to_ctx()).unwrap();
        let (mut memory, mut buffers, mut images) = (0, 0, 0);
        for (_, variable) in module.global_variables.iter() {
            match variable.space {
                naga::AddressSpace::WorkGroup => memory += layouter[variable.ty].size,
                naga::AddressSpace::Storage { .. } => buffers += 1,
                naga::AddressSpace::Handle => images += 1,
                _ => {}
            }
        }
        let lanes: u32 = module.entry_points[0].workgroup_size.iter().product();
        let within = memory <= 16 << 10 && buffers <= 8 && images <= 4 && lanes <= 256;
        assert!(
            within,
            "{}: {memory} bytes, {buffers} buffers, {images} images, {lanes} lanes",
            dispatch.shader.name
        );
    }
}

#[test]
fn spir_v_is_valid() {
    let options = back::spv::Options {
        lang_version: (1, 3),
        ..Default::default()
    };
    for dispatch in all_dispatches() {
        let (module, info) = resolved(&dispatch);
        let words = back::spv::write_vec(&module, &info, &options, None).unwrap();
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let validator = Command::new("spirv-val")
            .args(["--target-env", "vulkan1.1", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut validator) = validator else {
            skipped("SPIR-V in a validator: spirv-val is not installed (Debian: spirv-tools); translation was checked");
            continue;
        };
        validator.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = validator.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{} {:?}: {said}",
            dispatch.shader.name,
            dispatch.constants
        );
    }
}

#[test]
fn metal_direct3d_and_opengl_can_have_them() {
    for dispatch in all_dispatches() {
        let name = dispatch.shader.name;
        let (module, info) = resolved(&dispatch);

        let (options, pipeline) = (back::msl::Options::default(), back::msl::PipelineOptions::default());
        let (metal, _) = back::msl::write_string(&module, &info, &options, &pipeline).unwrap();
        assert!(metal.contains("kernel void"), "{name}");

        let mut direct3d = String::new();
        let (options, pipeline) = (back::hlsl::Options::default(), back::hlsl::PipelineOptions::default());
        let mut writer = back::hlsl::Writer::new(&mut direct3d, &options, &pipeline);
        writer.write(&module, &info, None).unwrap();
        assert!(direct3d.contains("numthreads"), "{name}");

        // OpenGL has no f16, and says so before it is asked for a shader.
        if dispatch.shader.scalar == Scalar::F16 {
            continue;
        }
        let mut opengl = String::new();
        let options = back::glsl::Options {
            version: back::glsl::Version::Embedded {
                version: 310,
                is_webgl: false,
            },
            ..Default::default()
        };
        let pipeline = back::glsl::PipelineOptions {
            shader_stage: ShaderStage::Compute,
            entry_point: "main".to_owned(),
            multiview: None,
        };
        let policies = naga::proc::BoundsCheckPolicies::default();
        let writer = back::glsl::Writer::new(&mut opengl, &module, &info, &options, &pipeline, policies);
        writer.unwrap().write().unwrap();
        assert!(opengl.contains("local_size_x"), "{name}");
    }
}
