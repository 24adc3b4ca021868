use super::gemm::{PANEL, Panels, Product};
use super::parallel::{Output, for_each};
use crate::kernels::Linear;

/// Fewest rows of a task: a panel is read once for each.
const MIN_ROWS: usize = 28;

/// Twin of `linear`.
pub(super) fn linear(k: &Linear, x: &[f32], weight: &Panels, bias: Option<&[f32]>, y: &mut [f32], live: &[usize]) {
    let out = Output::new(y);
    // Panel by panel, so that each is read from memory once for all samples. A sample's rows are cut only where there
    // would not be enough tasks for all threads.
    let whole = weight.count() * live.len();
    let parts = rayon::current_num_threads()
        .div_ceil(whole.max(1))
        .min(k.rows.div_ceil(MIN_ROWS))
        .max(1);
    let rows = k.rows.div_ceil(parts);
    let work = 2 * live.len() * k.rows * k.inputs * k.outputs;
    for_each(whole * parts, work, |task| {
        let (part, slot, panel) = (task % parts, live[task / parts % live.len()], task / parts / live.len());
        let first = (part * rows).min(k.rows);
        let column = panel * PANEL;
        let (panel, columns) = weight.get(panel);
        let product = Product {
            x: &x[(slot * k.x_rows + k.first_row + first) * k.inputs..],
            stride: k.inputs,
            rows: rows.min(k.rows - first),
            panel,
            columns,
            out,
            at: (slot * k.rows + first) * k.outputs + column,
            out_stride: k.outputs,
        };
        // SAFETY: tasks write different panels, samples or rows.
        unsafe { product.run() };
    });
    if let Some(bias) = bias {
        for &slot in live {
            for row in y[slot * k.rows * k.outputs..][..k.rows * k.outputs].chunks_exact_mut(k.outputs) {
                row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
            }
        }
    }
}
