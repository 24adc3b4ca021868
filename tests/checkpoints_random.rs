//! Random damage: an error or a model, never a panic, and soon.

use crate::checkpoints_support::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Flipped bytes where the structure is: the header of safetensors, the ends and the pickle of an archive.
    #[test]
    fn flipped_bytes_never_panic(
        torch in any::<bool>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 1..6),
    ) {
        let place = Place::new();
        let mut bytes = if torch { small_torch() } else { place.safetensors() };
        let length = bytes.len();
        for (at, mask) in flips {
            let near = at.index(8000);
            bytes[if near < 4000 { near } else { length - 1 - (near - 4000) }] ^= mask;
        }
        let _ = place.open(&bytes);
    }

    #[test]
    fn random_bytes_never_panic(
        start in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"\x40\0\0\0\0\0\0\0{", b"\0\0\0\0\0\0\0\0{"]),
        rest in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        prop_assert!(Place::new().open(&[start, &rest].concat()).is_err());
    }

    /// Programs of the machine's own opcodes.
    #[test]
    fn random_pickles_never_panic(
        program in prop::collection::vec(
            prop::sample::select(vec![
                &b"ctorch._utils\n_rebuild_tensor_v2\n"[..], b"ccollections\nOrderedDict\n", b"ctorch\nFloatStorage\n",
                b"X\x07\0\0\0storage", b"X\x01\0\0\x000", b"(", b")", b"t", b"\x85", b"\x86", b"\x87", b"}", b"s", b"u",
                b"R", b"Q", b"b", b"q\0", b"q\x01", b"h\0", b"h\x01", b"K\x04", b"J\xff\xff\xff\xff", b"N", b"\x89",
                b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", b"r\xff\xff\xff\xff", b"j\xff\xff\xff\xff",
            ]),
            0..60,
        ),
    ) {
        let pickle = [b"\x80\x02", &program.concat()[..], b"."].concat();
        let entries = [Entry::new("a/data.pkl", pickle), Entry::new("a/data/0", [0; 16])];
        prop_assert!(Place::new().open(&zip(&entries)).is_err());
    }

    /// Descriptions of a tensor that may or may not fit its storage of eight elements.
    #[test]
    fn random_views_never_panic(
        offset in -2..12i64,
        dimensions in prop::collection::vec((-1..6i64, -2..9i64), 0..4),
        huge in prop::option::of(any::<i64>()),
    ) {
        let (mut shape, stride): (Vec<_>, Vec<_>) = dimensions.into_iter().unzip();
        if let (Some(huge), Some(first)) = (huge, shape.first_mut()) {
            *first = huge;
        }
        let tensor = Pickled { offset, shape, stride, numel: 8, ..first_tensor() };
        prop_assert!(Place::new().open(&torch(&[tensor], &[("0", vec![0; 32])])).is_err());
    }
}
