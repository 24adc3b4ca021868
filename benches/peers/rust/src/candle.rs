//! candle on the CPU: `candle-contender MODEL INPUTS`; RAYON_NUM_THREADS says how many threads.

use std::time::Instant;

use candle_core::{D, Device, Result, Tensor};
use hrm_peers::Runtime;

struct Candle;

/// Returns the contender ends where candle fails.
fn must(tensor: Result<Tensor>) -> Tensor {
    tensor.expect("candle")
}

impl Runtime for Candle {
    type Tensor = Tensor;
    type Weight = Tensor;
    type Rope = (Tensor, Tensor);

    fn tensor(&self, values: Vec<f32>, shape: [usize; 3]) -> Tensor {
        must(Tensor::from_vec(values, &shape, &Device::Cpu))
    }

    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> Tensor {
        must(Tensor::from_vec(values, &shape, &Device::Cpu).and_then(|weight| weight.t()))
    }

    fn rope(&self, cos: Vec<f32>, sin: Vec<f32>, shape: [usize; 2]) -> (Tensor, Tensor) {
        let table = |values| must(Tensor::from_vec(values, &shape, &Device::Cpu));
        (table(cos), table(sin))
    }

    fn values(&self, tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().and_then(|flat| flat.to_vec1()).expect("candle")
    }

    fn add(&self, a: &Tensor, b: &Tensor) -> Tensor {
        must(a + b)
    }

    fn linear(&self, x: &Tensor, weight: &Tensor) -> Tensor {
        let product = || {
            let (batch, rows, inputs) = x.dims3()?;
            let x = x.contiguous()?.reshape((batch * rows, inputs))?;
            x.matmul(weight)?.reshape((batch, rows, ()))
        };
        must(product())
    }

    fn rms(&self, x: &Tensor, eps: f32) -> Tensor {
        let one = || Tensor::ones(x.dim(D::Minus1)?, x.dtype(), x.device());
        must(one().and_then(|one| candle_nn::ops::rms_norm(x, &one, eps)))
    }

    fn swiglu(&self, gate_up: &Tensor) -> Tensor {
        must(candle_nn::ops::swiglu(gate_up))
    }

    fn attention(&self, qkv: &Tensor, heads: usize, rope: Option<&(Tensor, Tensor)>) -> Tensor {
        let attention = || {
            let (batch, rows, width) = qkv.dims3()?;
            let head_dim = width / 3 / heads;
            let part = |i: usize| {
                let part = qkv.narrow(2, i * heads * head_dim, heads * head_dim)?;
                part.reshape((batch, rows, heads, head_dim))?.transpose(1, 2)?.contiguous()
            };
            let turned = |part: Tensor| match rope {
                Some((cos, sin)) => candle_nn::rotary_emb::rope(&part, cos, sin),
                None => Ok(part),
            };
            let (q, k, v) = (turned(part(0)?)?, turned(part(1)?)?, part(2)?);
            let scores = (q.matmul(&k.t()?)? / (head_dim as f64).sqrt())?;
            let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&v)?;
            mixed.transpose(1, 2)?.reshape((batch, rows, heads * head_dim))
        };
        must(attention())
    }

    fn positions(&self, x: &Tensor, first: usize, count: usize) -> Tensor {
        must(x.narrow(1, first, count))
    }
}

fn main() {
    hrm_peers::serve(Candle, "candle cpu", Instant::now());
}
