//! Uniform buffers: a host struct for each struct of a shader, field by field.
//!
//! Sizes that differ from layer to layer are uniforms rather than constants if compiling a shader for each of them
//! would take too long.

/// Most words in a uniform buffer.
const WORDS: usize = 16;

/// Contents of a uniform buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Uniforms {
    /// The bits of the fields, padded with zeros.
    pub words: [u32; WORDS],
    /// The fields, in order.
    pub fields: &'static [Field],
}

/// A field of a uniform buffer, which must match one in the shader's struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    /// Field name.
    pub name: &'static str,
    /// Offset in bytes.
    pub offset: usize,
    /// Type: `u32` or `f32`.
    pub scalar: &'static str,
}

/// A `#[repr(C)]` struct with the fields of a shader's uniform struct.
pub(super) trait Fields: bytemuck::Pod {
    /// The fields, in order.
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

/// Converts a size to the word that a shader reads. A size beyond u32 saturates; its buffer would be refused anyway.
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
