use std::cell::RefCell;

use super::epilogues::{Bias, Finish, Operands};
use super::matrix::{Matrix, Place};
use super::panels::PANEL;
use super::parallel::{Output, for_each};
use super::pool;
use crate::kernels::{Epilogue, Linear};

/// Fewest rows per task: each task reads its panels once.
const MIN_ROWS: usize = 28;

/// Most rows per task, so that their products are still in the cache when the epilogue reads them.
const MAX_ROWS: usize = 112;

thread_local! {
    /// Products of a task, kept so that no segment allocates.
    static PRODUCTS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The panels whose products go through the epilogue together.
#[derive(Debug, Clone, Copy)]
struct Unit {
    panels: usize,
    /// Distance from one panel of a unit to the next.
    step: usize,
    /// Distance from the first panel of a unit to that of the next unit.
    stride: usize,
    /// Number of units.
    count: usize,
}

impl Unit {
    fn of(k: &Linear) -> Unit {
        let all = k.outputs.div_ceil(PANEL);
        let side_by_side = |panels: usize| Unit {
            panels,
            step: 1,
            stride: panels,
            count: all.div_ceil(panels),
        };
        match k.epilogue {
            Epilogue::Store | Epilogue::Relu | Epilogue::Residual { .. } => side_by_side(1),
            // A unit is whole heads.
            Epilogue::Rope { head_dim, .. } => {
                let panels = (1..all).find(|panels| (panels * PANEL).is_multiple_of(head_dim));
                side_by_side(panels.unwrap_or(all))
            }
            // A unit is a panel of gates and the panel of their partners.
            Epilogue::Swiglu if k.outputs.is_multiple_of(2 * PANEL) => Unit {
                panels: 2,
                step: all / 2,
                stride: 1,
                count: all / 2,
            },
            Epilogue::Swiglu => side_by_side(all),
        }
    }
}

/// A linear layer; each task computes some rows of some of its outputs.
pub(super) struct Layer<'a> {
    k: &'a Linear,
    weight: &'a Matrix,
    unit: Unit,
}

impl<'a> Layer<'a> {
    pub(super) fn new(k: &'a Linear, weight: &'a Matrix) -> Layer<'a> {
        let unit = Unit::of(k);
        Layer { k, weight, unit }
    }

    /// Returns the number of units into which the outputs are divided.
    pub(super) fn units(&self) -> usize {
        self.unit.count
    }

    /// Computes a unit for `rows` rows of a sample, from `row` on; `x` (in words, see [`Matrix::rows`]) and the operands
    /// begin with that row.
    ///
    /// # Safety
    /// No other thread may access these rows of the unit's outputs.
    pub(super) unsafe fn task(
        &self,
        unit: usize,
        (slot, row, rows): (usize, usize, usize),
        x: &[u32],
        mut operands: Operands,
        out: Output<f32>,
    ) {
        let Layer {
            k,
            weight,
            unit: Unit {
                panels, step, stride, ..
            },
        } = *self;
        let first = unit * stride;
        PRODUCTS.with_borrow_mut(|products| {
            let width = panels * PANEL;
            products.resize(products.len().max(rows * width), 0.0);
            let products = &mut products[..rows * width];
            let normed = operands.scale.filter(|_| k.norm.is_some());
            let mut columns = 0;
            let numbers = (0..panels)
                .map(|i| first + i * step)
                .take_while(|&p| p < weight.count());
            // After the last panel comes the first of the next unit.
            let following = numbers.clone().skip(1).chain([first + stride]);
            for (number, next) in numbers.zip(following) {
                let place = Place {
                    x,
                    rows,
                    out: Output::new(products),
                    at: columns,
                    stride: width,
                };
                // SAFETY: the products are this thread's own.
                let wanted = unsafe { weight.multiply(number, next, place) };
                if let Some(bias) = operands.bias {
                    let bias = &bias[number * PANEL..][..wanted];
                    let (scale, at) = (normed, columns);
                    add(Bias {
                        bias,
                        scale,
                        products,
                        width,
                        at,
                    });
                }
                columns += wanted;
            }
            if operands.bias.is_some() && normed.is_some() {
                operands.scale = None;
            }
            let finish = Finish {
                k,
                operands,
                slot,
                row,
                column: first * PANEL,
                products: &*products,
                width,
                columns,
                out,
            };
            // SAFETY: promised by the caller.
            unsafe { finish.run() };
        });
    }
}

/// Adds a bias. Out of line: most layers have none, and pay for what is inlined into their loop.
#[cold]
#[inline(never)]
fn add(bias: Bias<'_>) {
    pulp::Arch::new().dispatch(bias);
}

/// Runs the kernel `linear` on the CPU; `x` is in words, see [`Matrix::rows`].
pub(super) fn linear(k: &Linear, x: &[u32], weight: &Matrix, operands: Operands, y: &mut [f32], live: &[usize]) {
    let (out, layer) = (Output::new(y), Layer::new(k, weight));
    // Unit by unit, so that each panel is read from memory once for all samples. Rows of a sample are divided if there
    // would otherwise be too few tasks for all threads.
    let whole = layer.units() * live.len();
    let parts = pool::current()
        .div_ceil(whole.max(1))
        .min(k.rows.div_ceil(MIN_ROWS))
        .max(k.rows.div_ceil(MAX_ROWS));
    let rows = k.rows.div_ceil(parts);
    let work = 2 * live.len() * k.rows * k.inputs * k.outputs;
    for_each(whole * parts, work, |task| {
        let (part, slot, unit) = (task % parts, live[task / parts % live.len()], task / parts / live.len());
        let row = (part * rows).min(k.rows);
        let rows = rows.min(k.rows - row);
        let x = &x[(slot * k.x_rows + k.first_row + row) * weight.stride()..];
        let scale = operands.scale.map(|scale| &scale[slot * k.rows + row..]);
        // SAFETY: tasks compute different outputs, samples or rows.
        unsafe { layer.task(unit, (slot, row, rows), x, Operands { scale, ..operands }, out) };
    });
}
