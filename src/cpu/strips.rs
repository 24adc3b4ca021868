//! Runs a microbatch's steps on several threads, each of which keeps its own strip of every sample's rows.
//!
//! Nearly all of a segment works on each row by itself. A thread that stays with its rows finds them in its cache, and
//! waits for the others only where rows meet: once per attention (and once per convolution). With two threads, and time from left to right:
//!
//! ```text
//!           stage 0                | stage 1                             | stage 2
//! thread 0  inject, linear, lay 0  | attend 0, linear, …, linear, lay 1  | attend 1, linear, …
//! thread 1  inject, linear, lay 0  | attend 0, linear, …, linear, lay 1  | attend 1, linear, …
//!                                all wait                             all wait
//! ```
//!
//! `lay` lays out the keys and values of a thread's own strip in panels; `attend` reads the panels of all strips. There
//! are two halves of panels, numbered 0 and 1, and stages alternate: a fast thread writes one half while a slower one
//! still reads the other.

use std::ops::Range;

use super::attention::{attend, group_len, head_len, lay, panels_len};
use super::convolve;
use super::divided::Divided;
use super::epilogues::{Operands, factor_rows};
use super::linear::Layer;
use super::microbatch::{Microbatch, Shared};
use super::parallel::{Output, vectorised};
use super::pool::Pool;
use super::symbol_attention;
use super::{blend, inject, layer_norm, rms_norm, softmax};
use crate::kernels::*;

/// Fewest rows per strip: with fewer, products are slower.
const LEAST_ROWS: usize = 7;

/// Most rows that go through a stage together: their activations stay in the second-level cache, and there are enough of
/// them to pay for reading the weights.
const MOST_ROWS: usize = 160;

/// Runs a segment for the live samples of a microbatch on the threads of the pool. From the first step that cannot be
/// divided (that of the heads), the caller's thread goes on alone.
pub(super) fn run(pool: &Pool, microbatch: &mut Microbatch, segment: &[Step], live: &[usize]) {
    let mut steps = segment.iter().map_while(Divided::of).peekable();
    let rows = steps.peek().and_then(|parts| Some(parts.first()?.rows()));
    let steps: Vec<Vec<Divided>> = steps
        .take_while(|parts| parts.iter().all(|part| Some(part.rows()) == rows))
        .collect();
    let others = &segment[steps.len()..];
    let divided = steps.concat();
    let strips = Strips {
        shared: &microbatch.shared,
        words: Output::new(&mut microbatch.words),
        widest: microbatch.widest,
        samples: microbatch
            .samples
            .iter_mut()
            .map(|values| Output::new(values))
            .collect(),
        panels: Output::new(&mut microbatch.panels),
        live,
    };
    // A stage begins where rows meet. None of its steps writes what the others read at its beginning: between that and
    // the next such step there is another stage.
    let stages: Vec<&[Divided]> = divided.chunk_by(|_, next| !next.meets()).collect();
    let all = rows.unwrap_or_default();
    let parts = pool.threads().min(all.div_ceil(LEAST_ROWS)).max(1);
    pool.as_team(parts, stages.len(), |stage, part| {
        for (lives, rows) in shares(live.len(), all * part / parts..all * (part + 1) / parts) {
            let strip = Strip {
                strips: &strips,
                lives,
                rows,
                all,
            };
            // SAFETY: strips do not overlap, each is run by one thread at a time, and all end a stage before the next
            // begins.
            unsafe { strip.run(stages[stage], stage) };
        }
    });
    others.iter().for_each(|step| microbatch.run(step, live));
}

/// Divides the rows of a thread, the same of each of `lives` samples, into shares of at most [`MOST_ROWS`]: some samples,
/// by their place among the live ones, or a part of one.
fn shares(lives: usize, rows: Range<usize>) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let parts = rows.len().div_ceil(MOST_ROWS).max(1);
    let samples = (MOST_ROWS / rows.len().max(1)).max(1);
    (0..lives).step_by(samples).flat_map(move |first| {
        let (start, len) = (rows.start, rows.len());
        (0..parts).map(move |part| {
            let rows = start + len * part / parts..start + len * (part + 1) / parts;
            (first..lives.min(first + samples), rows)
        })
    })
}

/// A microbatch's tensors, of which each thread accesses only its own rows.
struct Strips<'a> {
    shared: &'a [Shared],
    samples: Vec<Output<'a, f32>>,
    /// Scratch of `linear`: each row has its place, of `widest` words, and a strip's rows stand at the beginning of theirs.
    words: Output<'a, u32>,
    widest: usize,
    /// Scratch of `attention`, allocated twice: one half may be written while others still read the other.
    panels: Output<'a, f32>,
    live: &'a [usize],
}

/// A share of a thread's rows.
struct Strip<'a> {
    strips: &'a Strips<'a>,
    /// Its samples, by their place among the live ones.
    lives: Range<usize>,
    /// Its rows within each of these.
    rows: Range<usize>,
    /// Rows per sample.
    all: usize,
}

/// The rows of a strip in one sample.
#[derive(Debug, Clone, Copy)]
struct Rows {
    slot: usize,
    /// First row, counted within the sample.
    start: usize,
    /// First row, counted across all samples.
    first: usize,
    count: usize,
}

impl Strip<'_> {
    /// Runs the steps of a stage in order. Keys and values are laid out in one half of the panels and attended to, at the
    /// beginning of the next stage, while the other half may be written.
    ///
    /// # Safety
    /// Nothing else may access these rows of the microbatch, but for the input of a step where rows meet, or read that
    /// half of the panels.
    unsafe fn run(&self, steps: &[Divided], stage: usize) {
        for step in steps {
            // SAFETY: promised by the caller.
            unsafe {
                match step {
                    Divided::Inject(k) => self.each(|rows| {
                        let b = k.b.map(|id| self.read(id, rows, k.width));
                        inject::add(self.read(k.a, rows, k.width), b, self.write(k.state, rows, k.width));
                    }),
                    Divided::Blend(k) => self.each(|rows| {
                        blend::mix(k, self.read(k.x, rows, k.width), self.write(k.y, rows, k.width));
                    }),
                    Divided::RmsNorm(k) => {
                        self.each(|rows| rms_norm::norm(self.write(k.h, rows, k.width), k.width, k.eps))
                    }
                    Divided::LayerNorm(k) => self.each(|rows| {
                        let affine = [k.weight, k.bias].map(|id| self.strips.shared[id].f32s());
                        layer_norm::norm(k, self.read(k.x, rows, k.width), affine, self.write(k.y, rows, k.width));
                    }),
                    Divided::Softmax(k) => self.each(|rows| {
                        softmax::rows(k.width, self.read(k.x, rows, k.width), self.write(k.y, rows, k.width));
                    }),
                    Divided::Linear(k) => self.linear(k),
                    Divided::Lay(k) => self.lay(k, stage % 2),
                    Divided::Attend(k) => self.attend(k, (stage + 1) % 2),
                    Divided::Convolve(k) => self.convolve(k),
                    Divided::SymbolAttention(k) => self.attend_to_symbols(k),
                }
            }
        }
    }

    /// Returns the strip's rows, sample by sample.
    fn rows(&self) -> impl Iterator<Item = Rows> {
        self.strips.live[self.lives.clone()].iter().map(|&slot| Rows {
            slot,
            start: self.rows.start,
            first: slot * self.all + self.rows.start,
            count: self.rows.len(),
        })
    }

    fn each(&self, kernel: impl Fn(Rows)) {
        self.rows().for_each(|rows| {
            vectorised(
                #[inline(always)]
                || kernel(rows),
            );
        });
    }

    /// # Safety
    /// The rows must be this strip's, and not written while the slice lives.
    #[inline(always)]
    unsafe fn read(&self, id: TensorId, rows: Rows, width: usize) -> &[f32] {
        // SAFETY: promised by the caller.
        unsafe { self.strips.samples[id].written(rows.first * width, rows.count * width) }
    }

    /// # Safety
    /// The rows must be this strip's, and not accessed otherwise while the slice lives.
    #[inline(always)]
    #[allow(clippy::mut_from_ref, reason = "see the promise")]
    unsafe fn write(&self, id: TensorId, rows: Rows, width: usize) -> &mut [f32] {
        // SAFETY: promised by the caller.
        unsafe { self.strips.samples[id].part(rows.first * width, rows.count * width) }
    }

    /// # Safety
    /// As for [`Strip::run`].
    unsafe fn linear(&self, k: &Linear) {
        let Shared::Matrix(weight) = &self.strips.shared[k.weight] else {
            return;
        };
        if let Some(norm) = k.norm {
            // SAFETY: the strip's own rows.
            self.each(|rows| unsafe {
                let (x, scale) = (self.read(k.x, rows, k.inputs), self.write(norm.scale, rows, 1));
                factor_rows(x, k.inputs, norm.eps, scale);
            });
        }
        if let Some(stride) = weight.rounded() {
            self.each(|rows| unsafe {
                // SAFETY: the strip's own rows.
                let words = self
                    .strips
                    .words
                    .part(rows.first * self.strips.widest, rows.count * stride);
                weight.round(k.inputs, self.read(k.x, rows, k.inputs), words);
            });
        }
        let [table, bias] = [k.table(), k.bias].map(|id| id.map(|id| self.strips.shared[id].f32s()));
        let layer = Layer::new(k, weight);
        for unit in 0..layer.units() {
            for rows in self.rows() {
                // SAFETY: the strip's own rows.
                unsafe {
                    let operands = Operands {
                        bias,
                        table: table.unwrap_or_default(),
                        scale: k.scale().map(|id| self.read(id, rows, 1)),
                    };
                    let x = match weight.rounded() {
                        None => bytemuck::cast_slice(self.read(k.x, rows, k.inputs)),
                        Some(stride) => {
                            let first = rows.first * self.strips.widest;
                            self.strips.words.written(first, rows.count * stride)
                        }
                    };
                    let out = self.strips.samples[k.y];
                    layer.task(unit, (rows.slot, rows.start, rows.count), x, operands, out);
                }
            }
        }
    }

    /// # Safety
    /// As for [`Strip::run`], and nothing may write the input.
    unsafe fn convolve(&self, k: &Convolve) {
        let shared = |id: TensorId| self.strips.shared[id].f32s();
        for rows in self.rows() {
            let above = (rows.first.max(1) - 1) * k.width;
            // SAFETY: the strip's own rows, and an input that nothing writes in this stage.
            unsafe {
                let rows = convolve::Rows {
                    weight: shared(k.weight),
                    bias: shared(k.bias),
                    before: (rows.start > 0).then(|| self.strips.samples[k.x].written(above, k.width)),
                    x: self.read(k.x, rows, k.width),
                    y: self.write(k.y, rows, k.width),
                };
                rows.run();
            }
        }
    }

    /// # Safety
    /// As for [`Strip::run`], and nothing may write the input.
    unsafe fn attend_to_symbols(&self, k: &SymbolAttention) {
        let width = k.heads * k.head_dim;
        for rows in self.rows() {
            // SAFETY: the strip's own rows, and an input that nothing writes in this stage.
            unsafe {
                let sample = (rows.slot * self.all * 3 * width, self.all * 3 * width);
                let rows = symbol_attention::Rows {
                    k,
                    qkv: self.strips.samples[k.qkv].written(sample.0, sample.1),
                    first: rows.start,
                    y: self.write(k.y, rows, width),
                };
                rows.run();
            }
        }
    }

    /// Returns the strip's rows by groups of an attention: where the group's panels begin in a half, and its rows, which
    /// are counted within the group.
    fn groups(&self, k: &Attention, half: usize) -> impl Iterator<Item = (usize, Rows)> {
        let own = self.rows.clone();
        let (rows, groups) = (k.rows, own.start / k.rows..own.end.div_ceil(k.rows));
        let (live, (len, group_len)) = (self.strips.live, (panels_len(k), group_len(k)));
        self.lives.clone().flat_map(move |i| {
            let (own, slot) = (own.clone(), live[i]);
            groups.clone().map(move |group| {
                let (start, end) = (own.start.max(group * rows), own.end.min((group + 1) * rows));
                let part = Rows {
                    slot,
                    start: start - group * rows,
                    first: slot * k.groups * rows + start,
                    count: end - start,
                };
                ((half * live.len() + i) * len + group * group_len, part)
            })
        })
    }

    /// Lays out the strip's keys and values in panels.
    ///
    /// # Safety
    /// As for [`Strip::run`], and nothing may read these panels.
    unsafe fn lay(&self, k: &Attention, half: usize) {
        for (at, rows) in self.groups(k, half) {
            // SAFETY: the strip's own rows.
            unsafe {
                let qkv = self.read(k.qkv, rows, 3 * k.heads * k.head_dim);
                let within = rows.start..rows.start + rows.count;
                (0..k.heads).for_each(|head| lay(k, head, within.clone(), qkv, self.strips.panels, at));
            }
        }
    }

    /// # Safety
    /// As for [`Strip::run`], and all strips must have laid out these panels.
    unsafe fn attend(&self, k: &Attention, half: usize) {
        for (at, rows) in self.groups(k, half) {
            // SAFETY: the strip's own rows; nothing writes these panels in this stage.
            unsafe {
                let qkv = self.read(k.qkv, rows, 3 * k.heads * k.head_dim);
                for head in 0..k.heads {
                    let panels = self.strips.panels.written(at + head * head_len(k), head_len(k));
                    attend(k, head, qkv, rows.count, panels, self.strips.samples[k.y], rows.first);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_hold_every_row_once_and_few_of_them() {
        for lives in [0, 1, 3, 8, 40] {
            for rows in [0..0, 0..1, 3..40, 41..82, 0..160, 7..168, 467..935, 0..5_000] {
                let mut seen = vec![0; lives * rows.end];
                for (samples, part) in shares(lives, rows.clone()) {
                    assert!(samples.len() * part.len() <= MOST_ROWS, "{lives} {rows:?}");
                    for sample in samples {
                        part.clone().for_each(|row| seen[sample * rows.end + row] += 1);
                    }
                }
                let held = (0..lives * rows.end).map(|at| usize::from(rows.contains(&(at % rows.end))));
                assert!(seen.into_iter().eq(held), "{lives} {rows:?}");
            }
        }
    }
}
