//! A Vulkan device that compiles pipelines and submits nothing.

use std::ffi::{CStr, c_char};

use ash::{ext, khr, vk};

use crate::Result;
use crate::translation::Shader;

/// A device of a driver, with the features on which wgpu's translation relies.
pub(crate) struct Device {
    /// The driver's name for it.
    pub name: String,
    /// Whether its shaders can compute in f16.
    pub has_f16: bool,
    device: ash::Device,
    executables: khr::pipeline_executable_properties::Device,
    instance: ash::Instance,
    _entry: ash::Entry,
}

/// What the driver tells about a pipeline.
#[derive(Default)]
pub(crate) struct Compiled {
    /// Lanes of a wave.
    pub subgroup: u32,
    /// Statistics by name.
    pub statistics: Vec<(String, f64)>,
    /// Intermediate and final code by name.
    pub listings: Vec<(String, String)>,
}

fn text(chars: &[c_char]) -> String {
    let bytes: Vec<u8> = chars.iter().map(|c| *c as u8).take_while(|b| *b != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Device {
    /// Opens the first device that is no software.
    pub(crate) fn open() -> Result<Device> {
        // SAFETY: calls of Vulkan in the order that it asks for, with structs that outlive them.
        unsafe {
            let entry = ash::Entry::load()?;
            let app = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
            let instance = entry.create_instance(&vk::InstanceCreateInfo::default().application_info(&app), None)?;
            let hardware = |d: &vk::PhysicalDevice| {
                instance.get_physical_device_properties(*d).device_type != vk::PhysicalDeviceType::CPU
            };
            let all = instance.enumerate_physical_devices()?;
            let physical = all.into_iter().find(hardware).ok_or("the driver has no device")?;
            let name = text(&instance.get_physical_device_properties(physical).device_name);

            let (mut has12, mut has_robust) = Default::default();
            let mut offered = vk::PhysicalDeviceFeatures2::default()
                .push_next::<vk::PhysicalDeviceVulkan12Features>(&mut has12)
                .push_next::<vk::PhysicalDeviceRobustness2FeaturesEXT>(&mut has_robust);
            instance.get_physical_device_features2(physical, &mut offered);
            if has_robust.robust_buffer_access2 == 0 {
                return Err(format!("{name} has no robustBufferAccess2, with which shaders are translated").into());
            }
            let has_f16 = has12.shader_float16 != 0;

            let mut executable =
                vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default().pipeline_executable_info(true);
            let mut robust = vk::PhysicalDeviceRobustness2FeaturesEXT::default().robust_buffer_access2(true);
            let mut f11 = vk::PhysicalDeviceVulkan11Features::default().storage_buffer16_bit_access(has_f16);
            let mut f12 = vk::PhysicalDeviceVulkan12Features::default().shader_float16(has_f16);
            let mut f13 = vk::PhysicalDeviceVulkan13Features::default()
                .maintenance4(true)
                .shader_integer_dot_product(true);
            let core = vk::PhysicalDeviceFeatures::default().robust_buffer_access(true);
            let queues = [vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0])];
            let extensions = [
                khr::pipeline_executable_properties::NAME.as_ptr(),
                ext::robustness2::NAME.as_ptr(),
            ];
            let create = vk::DeviceCreateInfo::default()
                .queue_create_infos(&queues)
                .enabled_extension_names(&extensions)
                .enabled_features(&core)
                .push_next(&mut executable)
                .push_next(&mut robust)
                .push_next(&mut f11)
                .push_next(&mut f12)
                .push_next(&mut f13);
            let device = instance.create_device(physical, &create, None)?;
            let executables = khr::pipeline_executable_properties::Device::new(&instance, &device);
            Ok(Device {
                name,
                has_f16,
                device,
                executables,
                instance,
                _entry: entry,
            })
        }
    }

    /// Compiles a shader. What is made for it goes with the device.
    pub(crate) fn compile(&self, shader: &Shader) -> Result<Compiled> {
        let code = shader.spir_v()?;
        let variables = shader.module.global_variables.iter().map(|(_, variable)| variable);
        let bindings = variables.filter_map(|v| {
            let kind = match v.space {
                naga::AddressSpace::Uniform => vk::DescriptorType::UNIFORM_BUFFER,
                naga::AddressSpace::Storage { .. } => vk::DescriptorType::STORAGE_BUFFER,
                _ => vk::DescriptorType::STORAGE_IMAGE,
            };
            let binding = vk::DescriptorSetLayoutBinding::default().binding(v.binding?.binding);
            let binding = binding.descriptor_type(kind).descriptor_count(1);
            Some(binding.stage_flags(vk::ShaderStageFlags::COMPUTE))
        });
        let bindings: Vec<_> = bindings.collect();
        // SAFETY: as in `open`.
        unsafe {
            let d = &self.device;
            let module = d.create_shader_module(&vk::ShaderModuleCreateInfo::default().code(&code), None)?;
            let set = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
            let sets = [d.create_descriptor_set_layout(&set, None)?];
            let layout = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
            let layout = d.create_pipeline_layout(&layout, None)?;
            let stage = vk::PipelineShaderStageCreateInfo::default()
                .stage(vk::ShaderStageFlags::COMPUTE)
                .module(module)
                .name(c"main");
            let told = vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR
                | vk::PipelineCreateFlags::CAPTURE_INTERNAL_REPRESENTATIONS_KHR;
            let create = [vk::ComputePipelineCreateInfo::default()
                .stage(stage)
                .layout(layout)
                .flags(told)];
            let pipelines = d.create_compute_pipelines(vk::PipelineCache::null(), &create, None);
            let pipeline = pipelines.map_err(|(_, e)| e)?.first().copied().unwrap_or_default();
            let told = self.told(pipeline);
            d.destroy_pipeline(pipeline, None);
            told
        }
    }

    /// Returns what the driver tells of the pipeline's last executable: Intel's driver makes one for each width of a wave
    /// that it may take.
    unsafe fn told(&self, pipeline: vk::Pipeline) -> Result<Compiled> {
        let mut told = Compiled::default();
        let info = vk::PipelineInfoKHR::default().pipeline(pipeline);
        // SAFETY: the pipeline was created with the flags that this asks for.
        let properties = unsafe { self.executables.get_pipeline_executable_properties(&info)? };
        let Some((last, number)) = properties.last().zip(properties.len().checked_sub(1)) else {
            return Err("the driver tells nothing about the pipeline".into());
        };
        told.subgroup = last.subgroup_size;
        let info = vk::PipelineExecutableInfoKHR::default()
            .pipeline(pipeline)
            .executable_index(number as u32);
        // SAFETY: each value is read as its format says.
        for s in unsafe { self.executables.get_pipeline_executable_statistics(&info)? } {
            let value = unsafe {
                match s.format {
                    vk::PipelineExecutableStatisticFormatKHR::BOOL32 => f64::from(s.value.b32),
                    vk::PipelineExecutableStatisticFormatKHR::INT64 => s.value.i64 as f64,
                    vk::PipelineExecutableStatisticFormatKHR::UINT64 => s.value.u64 as f64,
                    _ => s.value.f64,
                }
            };
            told.statistics.push((text(&s.name), value));
        }
        let ask = self
            .executables
            .fp()
            .get_pipeline_executable_internal_representations_khr;
        let mut count = 0;
        // SAFETY: asked for the number, then for the sizes, then for the texts, each in memory of that length.
        unsafe {
            let device = self.device.handle();
            ask(device, &info, &mut count, std::ptr::null_mut()).result()?;
            let empty = vk::PipelineExecutableInternalRepresentationKHR::default();
            let mut parts = vec![empty; count as usize];
            ask(device, &info, &mut count, parts.as_mut_ptr()).result()?;
            let mut bodies: Vec<Vec<u8>> = parts.iter().map(|part| vec![0; part.data_size]).collect();
            for (part, body) in parts.iter_mut().zip(&mut bodies) {
                part.p_data = body.as_mut_ptr().cast();
            }
            ask(device, &info, &mut count, parts.as_mut_ptr()).result()?;
            for (part, body) in parts.iter().zip(&bodies) {
                let body = CStr::from_bytes_until_nul(body).map(CStr::to_string_lossy);
                told.listings
                    .push((text(&part.name), body.unwrap_or_default().into_owned()));
            }
        }
        Ok(told)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: nothing of them is in use any more.
        unsafe {
            self.device.destroy_device(None);
            self.instance.destroy_instance(None);
        }
    }
}
