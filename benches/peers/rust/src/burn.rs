//! burn on wgpu: `burn-contender MODEL INPUTS`; CUBECL_WGPU_DEFAULT_DEVICE chooses an adapter (`Cpu` for a software one).

use std::time::Instant;

use burn::tensor::activation::silu;
use burn::tensor::module::attention;
use burn::tensor::{Device, DeviceKind, Tensor, TensorData};
use hrm_peers::Runtime;

struct Burn {
    device: Device,
}

impl Runtime for Burn {
    type Tensor = Tensor<3>;
    type Weight = Tensor<2>;
    type Rope = (Tensor<4>, Tensor<4>);

    fn tensor(&self, values: Vec<f32>, shape: [usize; 3]) -> Tensor<3> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> Tensor<2> {
        // burn multiplies by [inputs, outputs].
        let [outputs, inputs] = shape;
        let turned = (0..inputs * outputs).map(|i| values[i % outputs * inputs + i / outputs]).collect::<Vec<f32>>();
        Tensor::from_data(TensorData::new(turned, [inputs, outputs]), &self.device)
    }

    fn rope(&self, cos: Vec<f32>, sin: Vec<f32>, [rows, half]: [usize; 2]) -> (Tensor<4>, Tensor<4>) {
        let table = |values| Tensor::from_data(TensorData::new(values, [1, 1, rows, half]), &self.device);
        (table(cos), table(sin))
    }

    fn values(&self, tensor: &Tensor<3>) -> Vec<f32> {
        tensor.clone().into_data().to_vec().expect("f32")
    }

    fn add(&self, a: &Tensor<3>, b: &Tensor<3>) -> Tensor<3> {
        a.clone() + b.clone()
    }

    fn linear(&self, x: &Tensor<3>, weight: &Tensor<2>) -> Tensor<3> {
        burn::tensor::module::linear(x.clone(), weight.clone(), None)
    }

    fn rms(&self, x: &Tensor<3>, eps: f32) -> Tensor<3> {
        let mean = (x.clone() * x.clone()).mean_dim(2);
        x.clone() / (mean + eps).sqrt()
    }

    fn swiglu(&self, gate_up: &Tensor<3>) -> Tensor<3> {
        let [gate, up]: [Tensor<3>; 2] = gate_up.clone().chunk(2, 2).try_into().expect("two halves");
        silu(gate) * up
    }

    fn attention(&self, qkv: &Tensor<3>, heads: usize, rope: Option<&(Tensor<4>, Tensor<4>)>) -> Tensor<3> {
        let [batch, rows, width] = qkv.dims();
        let head_dim = width / 3 / heads;
        let part = |i: usize| {
            let part = qkv.clone().narrow(2, i * heads * head_dim, heads * head_dim);
            part.reshape([batch, rows, heads, head_dim]).swap_dims(1, 2)
        };
        let turned = |part: Tensor<4>| match rope {
            Some((cos, sin)) => {
                let [a, b]: [Tensor<4>; 2] = part.chunk(2, 3).try_into().expect("two halves");
                let (cos, sin) = (cos.clone(), sin.clone());
                let first = a.clone() * cos.clone() - b.clone() * sin.clone();
                Tensor::cat(vec![first, b * cos + a * sin], 3)
            }
            None => part,
        };
        let mixed = attention(turned(part(0)), turned(part(1)), part(2), None, None, Default::default());
        mixed.swap_dims(1, 2).reshape([batch, rows, heads * head_dim])
    }

    fn positions(&self, x: &Tensor<3>, first: usize, count: usize) -> Tensor<3> {
        x.clone().narrow(1, first, count)
    }
}

fn main() {
    let started = Instant::now();
    let device = Device::wgpu(DeviceKind::DefaultDevice);
    hrm_peers::serve(Burn { device }, "burn wgpu", started);
}
