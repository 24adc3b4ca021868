//! Buffers and images on the device: weights, tables, and the samples' own tensors.

use std::collections::HashMap;

use half::f16;
use wgpu::{
    BindingResource, BufferDescriptor, BufferUsages, Extent3d, TexelCopyBufferLayout, TextureDescriptor,
    TextureDimension, TextureFormat, TextureUsages,
};

use super::device::Device;
use super::memory::{Buffer, Image};
use crate::error::Result;
use crate::kernels::{Binding, Dispatch, Order, PackedShape, Plan, Role, Rounded, TensorId};
use crate::model::{Dtype, Tensor, int8_words};

/// Bytes of pending uploads after which the queue is flushed.
const UPLOAD_AT_ONCE: usize = 32 << 20;

/// Inputs, or words of four inputs in int8, that the tiles of [`linear.wgsl`](../../shaders/include/linear.wgsl) multiply at
/// least: rows of weights are padded to a multiple of them with zeros.
const SLAB: usize = 32;

/// The form that a weight has on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Floats,
    Blocks(Order),
    Words(Order),
    Image(Order),
}

/// A resource that a shader can bind.
#[derive(Debug, Clone)]
pub(super) enum Resource {
    Buffer(Buffer),
    Image(Image),
}

/// A model's weights on the device, by name.
#[derive(Debug, Default)]
pub(super) struct DeviceWeights(HashMap<(String, Form), Resource>);

impl Resource {
    /// Returns the resource as an entry of a bind group.
    pub(super) fn binding(&self) -> BindingResource<'_> {
        match self {
            Resource::Buffer(buffer) => buffer.as_entire_binding(),
            Resource::Image(view) => BindingResource::TextureView(view),
        }
    }
}

impl DeviceWeights {
    /// Uploads the weights that the dispatches bind, a few at a time.
    pub(super) async fn upload(
        gpu: &Device,
        plan: &Plan,
        dispatches: &[Dispatch],
        tensor: impl Fn(&str) -> Result<Tensor>,
    ) -> Result<Self> {
        let (mut weights, mut waiting) = (DeviceWeights::default(), 0);
        for binding in dispatches.iter().flat_map(|d| &d.bindings) {
            let Some(key) = key(plan, binding) else { continue };
            if weights.0.contains_key(&key) {
                continue;
            }
            let tensor = tensor(&key.0)?;
            let resource = gpu.guarded(|| upload(gpu, &key, &tensor)).await??;
            weights.0.insert(key, resource);
            waiting += 4 * tensor.len();
            if waiting > UPLOAD_AT_ONCE {
                gpu.guarded(|| gpu.queue.submit([])).await?;
                gpu.wait()?;
                waiting = 0;
            }
        }
        Ok(weights)
    }

    /// Returns the weight of a binding; `None` if the binding is not a weight.
    pub(super) fn get(&self, plan: &Plan, binding: &Binding) -> Option<&Resource> {
        self.0.get(&key(plan, binding)?)
    }
}

fn key(plan: &Plan, binding: &Binding) -> Option<(String, Form)> {
    let (id, form) = match *binding {
        Binding::Tensor(id) => (id, Form::Floats),
        Binding::Weight(id, order) => (id, Form::Blocks(order)),
        Binding::Words(id, order) => (id, Form::Words(order)),
        Binding::WeightImage(id, order) => (id, Form::Image(order)),
        Binding::Live
        | Binding::Rounded(_)
        | Binding::Image(..)
        | Binding::Uniforms(_)
        | Binding::Grids
        | Binding::Workgroups
        | Binding::Nothing
        | Binding::Discard
        | Binding::NoImage => return None,
    };
    let spec = &plan.tensors[id];
    matches!(spec.role, Role::Weight).then(|| (spec.name.clone(), form))
}

/// Returns whether a weight is f16 on the device.
pub(super) fn is_half(tensor: &Tensor) -> bool {
    tensor.dtype() == Dtype::F16
}

fn upload(gpu: &Device, (name, form): &(String, Form), tensor: &Tensor) -> Result<Resource> {
    Ok(match form {
        Form::Blocks(order) if is_half(tensor) => {
            let values: Vec<f16> = bytemuck::pod_collect_to_vec(&tensor.bytes()?);
            let blocks = blocks(inputs(tensor), &values, &[], *order);
            Resource::Buffer(filled(gpu, name, bytemuck::cast_slice(&blocks)))
        }
        Form::Blocks(order) => {
            let blocks = blocks(inputs(tensor), &tensor.f32s()?, &[], *order);
            Resource::Buffer(filled(gpu, name, bytemuck::cast_slice(&blocks)))
        }
        Form::Words(order) => {
            let (inputs, bytes) = (inputs(tensor), tensor.bytes()?);
            let words: Vec<u32> = bytes.chunks(inputs).flat_map(int8_words).collect();
            let scales: &[u32] = bytemuck::cast_slice(tensor.scales());
            let blocks = blocks(inputs.div_ceil(4), &words, scales, *order);
            Resource::Buffer(filled(gpu, name, bytemuck::cast_slice(&blocks)))
        }
        Form::Floats => Resource::Buffer(filled(gpu, name, bytemuck::cast_slice(&tensor.f32s()?))),
        Form::Image(order) => Resource::Image(weight_image(gpu, name, tensor, *order)?),
    })
}

/// Returns the length of a weight's rows.
fn inputs(tensor: &Tensor) -> usize {
    tensor.shape().last().copied().unwrap_or(1).max(1)
}

/// Lays a weight `[N, K]` out as tiles load it, in vectors of four outputs: `[place / 4][k % 4][k / 4][place % 4]`, with
/// the outputs in the given order and, where outputs have scales, a vector of them behind the inputs.
fn blocks<T: bytemuck::Pod>(inputs: usize, values: &[T], scales: &[T], order: Order) -> Vec<T> {
    let (outputs, whole) = (values.len() / inputs, inputs.next_multiple_of(SLAB));
    let stride = 4 * (whole + usize::from(!scales.is_empty()));
    let mut blocks = vec![T::zeroed(); outputs.div_ceil(4) * stride];
    for place in 0..outputs {
        let four = &mut blocks[place / 4 * stride..][..stride];
        let output = order.output(place);
        let row = &values[output * inputs..][..inputs];
        row.iter()
            .enumerate()
            .for_each(|(k, value)| four[k % 4 * whole + k / 4 * 4 + place % 4] = *value);
        if let Some(scale) = scales.get(output) {
            four[4 * whole + place % 4] = *scale;
        }
    }
    blocks
}

/// Returns the texels `[width, height]` of a weight `[N, K]` as an image with values of `value_bytes`. Rows and their
/// number are padded to what an invocation reads at a time.
pub(super) fn weight_texels(shape: &[usize], value_bytes: usize) -> [usize; 2] {
    let (outputs, inputs) = match *shape {
        [n, k] => (n, k),
        _ => (1, shape.iter().product()),
    };
    [
        outputs.next_multiple_of(16) * value_bytes / 16,
        inputs.next_multiple_of(2),
    ]
}

/// Makes the image of a weight `[N, K]`: its transpose `[K, N]`, outputs in the given order.
fn weight_image(gpu: &Device, name: &str, tensor: &Tensor, order: Order) -> Result<Image> {
    Ok(match is_half(tensor) {
        true => transposed::<f16>(
            gpu,
            name,
            tensor.shape(),
            &bytemuck::pod_collect_to_vec(&tensor.bytes()?),
            order,
        ),
        false => transposed::<f32>(gpu, name, tensor.shape(), &tensor.f32s()?, order),
    })
}

/// Outputs that are transposed together: one cache line for each input.
const BAND: usize = 16;

fn transposed<T: bytemuck::Pod>(gpu: &Device, name: &str, shape: &[usize], values: &[T], order: Order) -> Image {
    let [width, height] = weight_texels(shape, size_of::<T>());
    let row = width * 16 / size_of::<T>();
    let inputs = shape.last().copied().unwrap_or(1).max(1);
    let outputs = values.len() / inputs;
    let mut image = vec![T::zeroed(); row * height];
    for first in (0..outputs).step_by(BAND) {
        let places: Vec<usize> = (first..(first + BAND).min(outputs)).collect();
        let sources: Vec<&[T]> = places
            .iter()
            .map(|&p| &values[order.output(p) * inputs..][..inputs])
            .collect();
        for k in 0..inputs {
            let band = &mut image[k * row + first..][..places.len()];
            band.iter_mut()
                .zip(&sources)
                .for_each(|(value, source)| *value = source[k]);
        }
    }
    let data = bytemuck::cast_slice(&image);
    self::image(gpu, name, [width, height], TextureFormat::Rgba32Uint, Some(data))
}

/// Makes the image of a table that all samples share.
pub(super) fn table(gpu: &Device, label: &str, packed: PackedShape, values: &[f32]) -> Image {
    let PackedShape { rows, columns } = packed;
    let [width, height] = packed.texels(1);
    let mut image = vec![0.0; 4 * width * height];
    for (i, &value) in values.iter().enumerate().take(rows * columns) {
        image[i % columns * 4 * width + i / columns] = value;
    }
    let data = bytemuck::cast_slice(&image);
    self::image(gpu, label, [width, height], TextureFormat::Rgba32Float, Some(data))
}

/// Makes an image of `[width, height]` texels of 128 bits, zero where there is no data.
pub(super) fn image(
    gpu: &Device,
    label: &str,
    [width, height]: [usize; 2],
    format: TextureFormat,
    data: Option<&[u8]>,
) -> Image {
    let size = Extent3d {
        width: width as u32,
        height: height as u32,
        depth_or_array_layers: 1,
    };
    let texture = gpu.device.create_texture(&TextureDescriptor {
        label: Some(label),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: TextureDimension::D2,
        format,
        usage: TextureUsages::STORAGE_BINDING | TextureUsages::COPY_DST,
        view_formats: &[],
    });
    if let Some(data) = data {
        let layout = TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(16 * size.width),
            rows_per_image: None,
        };
        gpu.queue.write_texture(texture.as_image_copy(), data, layout, size);
    }
    let bytes = 16 * u64::from(size.width) * u64::from(size.height);
    gpu.memory.own(texture.create_view(&Default::default()), bytes)
}

/// Makes a zeroed storage buffer of at least `bytes` bytes.
pub(super) fn buffer(gpu: &Device, label: &str, bytes: u64) -> Buffer {
    let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
    // Shaders read vectors of four words.
    create(gpu, label, bytes.next_multiple_of(16).max(16), usage)
}

fn create(gpu: &Device, label: &str, size: u64, usage: BufferUsages) -> Buffer {
    let buffer = gpu.device.create_buffer(&BufferDescriptor {
        label: Some(label),
        size,
        usage,
        mapped_at_creation: false,
    });
    gpu.memory.own(buffer, size)
}

/// Makes a storage buffer from which indirect dispatches read their workgroups.
pub(super) fn indirect(gpu: &Device, words: usize) -> Buffer {
    let usage = BufferUsages::STORAGE | BufferUsages::INDIRECT;
    create(gpu, "workgroups", (4 * words as u64).max(16), usage)
}

/// Makes a storage buffer that holds `data`.
pub(super) fn filled(gpu: &Device, label: &str, data: &[u8]) -> Buffer {
    let buffer = buffer(gpu, label, data.len() as u64);
    if !data.is_empty() {
        gpu.queue.write_buffer(&buffer, 0, data);
    }
    buffer
}

/// Makes a uniform buffer that holds `words`.
pub(super) fn uniform(gpu: &Device, words: &[u32]) -> Buffer {
    let size = 4 * words.len() as u64;
    let buffer = create(gpu, "uniforms", size, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
    gpu.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
    buffer
}

/// Makes a buffer that the host can map for reading.
pub(super) fn staging(gpu: &Device, label: &str, bytes: u64) -> Buffer {
    create(gpu, label, bytes, BufferUsages::MAP_READ | BufferUsages::COPY_DST)
}

/// Returns the bytes of rounded rows of so many samples.
pub(super) fn rounded_bytes(Rounded { rows, inputs }: Rounded, samples: usize) -> u64 {
    let words = inputs.div_ceil(4).next_multiple_of(SLAB);
    16 * ((samples * rows).div_ceil(4) * (words + 1)) as u64
}

/// Returns the size of a tensor in bytes, of a weight the largest that its forms have; for per-sample tensors, that of one
/// sample.
pub(super) fn bytes(plan: &Plan, id: TensorId) -> u64 {
    let spec = &plan.tensors[id];
    let values = match (&spec.role, &spec.shape[..]) {
        (Role::Weight, [outputs, inputs]) => outputs.next_multiple_of(4) * (inputs.next_multiple_of(SLAB) + 1),
        _ => spec.len(),
    };
    4 * values as u64
}
