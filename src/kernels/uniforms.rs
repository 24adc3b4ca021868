//! Uniform buffers: a struct of the host for the struct of a shader, field by field.
//!
//! Sizes that differ from layer to layer are uniforms rather than constants where compiling the shader anew for each of
//! them would take too long.

/// Words that a uniform buffer has at most.
const WORDS: usize = 12;

/// What a uniform buffer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Uniforms {
    /// The fields' bits, zeros behind them.
    pub words: [u32; WORDS],
    /// The fields, in order.
    pub fields: &'static [Field],
}

/// A field of a uniform buffer, which the shader's struct must have, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    /// Its name.
    pub name: &'static str,
    /// Bytes before it.
    pub offset: usize,
    /// Its type: `u32` or `f32`.
    pub scalar: &'static str,
}

/// A `#[repr(C)]` struct with the fields of a shader's uniform struct.
pub(super) trait Fields: bytemuck::Pod {
    /// They, in order.
    const FIELDS: &'static [Field];
}

impl Uniforms {
    pub(super) fn new<T: Fields>(fields: &T) -> Uniforms {
        const { assert!(size_of::<T>() <= 4 * WORDS && align_of::<T>() == 4) }
        let mut words = [0; WORDS];
        let own: &[u32] = bytemuck::cast_slice(std::slice::from_ref(fields));
        words[..own.len()].copy_from_slice(own);
        Uniforms {
            words,
            fields: T::FIELDS,
        }
    }
}

/// A size as a shader reads it. One beyond u32 has no place in any buffer, and is refused with it.
pub(super) fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Defines a struct of uniforms.
macro_rules! uniforms {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $scalar:ident),* $(,)? }) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
        struct $name {
            $($field: $scalar,)*
        }

        impl $crate::kernels::uniforms::Fields for $name {
            const FIELDS: &'static [$crate::kernels::uniforms::Field] = &[$($crate::kernels::uniforms::Field {
                name: stringify!($field),
                offset: std::mem::offset_of!($name, $field),
                scalar: stringify!($scalar),
            }),*];
        }
    };
}
pub(super) use uniforms;
