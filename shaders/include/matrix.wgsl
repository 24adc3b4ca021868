/// A sum of outer products.
alias Outer = mat4x4<Scalar>;

/// Adds the outer product of a and b: column i is a[i]·b.
fn add_outer(sums: Outer, a: vec4<Scalar>, b: vec4<Scalar>) -> Outer {
    return Outer(
        fma(vec4<Scalar>(a.x), b, sums[0]),
        fma(vec4<Scalar>(a.y), b, sums[1]),
        fma(vec4<Scalar>(a.z), b, sums[2]),
        fma(vec4<Scalar>(a.w), b, sums[3]),
    );
}

/// Multiplies each column by `by`, component by component.
fn scaled(m: mat4x4<Scalar>, by: vec4<Scalar>) -> mat4x4<Scalar> {
    return mat4x4<Scalar>(m[0] * by, m[1] * by, m[2] * by, m[3] * by);
}

/// Multiplies each column by its own factor: column i by `by[i]`.
fn scaled_columns(m: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(m[0] * by.x, m[1] * by.y, m[2] * by.z, m[3] * by.w);
}

/// Returns e^v for v ≤ 0, clamped so that every driver returns a finite number.
fn exp_negative(v: vec4<f32>) -> vec4<f32> {
    return exp(max(v, vec4<f32>(-80.0)));
}
