//! Pickles that want more than tensors, or describe tensors that cannot be.

use crate::checkpoints_support::*;

#[track_caller]
fn pickle_refused(pickle: &[u8], expected: &str) {
    refused(&zip(&[Entry::new("a/data.pkl", pickle)]), expected);
}

#[test]
fn pickles_that_want_more_than_tensors() {
    // What would have to be called is told by name, however the file asks for it.
    for (pickle, name) in [
        (&b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R."[..], "`os.system`"),
        (b"\x80\x02c__builtin__\neval\n.", "`__builtin__.eval`"),
        (
            b"\x80\x02ctorch\nFloatStorage.\x1b[31m\n.",
            "`torch.FloatStorage.\\u{1b}[31m`",
        ),
        (b"\x80\x02(S'id'\nios\nsystem\n.", "`os.system`"),
        (b"\x80\x02(cos\nsystem\nX\x02\0\0\0ido.", "`os.system`"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.", "`os.system`"),
        (b"\x80\x02cos\nsystem\n)\x81.", "`os.system`"),
        (b"\x80\x02cos\nsystem\n)}\x92.", "`os.system`"),
    ] {
        pickle_refused(pickle, name);
        pickle_refused(pickle, "never called");
    }
    // A tensor that is needed, made by a call.
    let call = b"cos\nsystem\nX\x02\0\0\0id\x85R".to_vec();
    let (tensors, storages) = torch_of(&small_model());
    let values = tensors.iter().map(|tensor| match tensor.name.as_str() {
        "lm_head.weight" => (tensor.name.as_str(), call.clone()),
        name => (name, tensor_opcodes(tensor)),
    });
    let mut entries = vec![Entry::new("a/data.pkl", state_dict(values))];
    entries.extend(
        storages
            .iter()
            .map(|(key, data)| Entry::new(&format!("a/data/{key}"), data.clone())),
    );
    refused(&zip(&entries), "`lm_head.weight`: expected a tensor");
    refused(&zip(&entries), "what `os.system` would give, which is never called");
    pickle_refused(b"\x80\x02\x82\x01.", "opcode EXT1 is refused");
    pickle_refused(b"\x80\x05\x97.", "opcode NEXT_BUFFER is refused");
    pickle_refused(b"\x80\x02\xff.", "opcode 0xff is refused");
    pickle_refused(b"\x80\x06.", "protocol 6");
    for opcode in 0..=255u8 {
        let result = Place::new().open(&zip(&[Entry::new("a/data.pkl", [0x80, 2, opcode])]));
        assert!(result.is_err(), "opcode {opcode}");
    }
}

#[test]
fn pickles_that_make_no_sense() {
    for pickle in [
        &b"\x80\x02."[..],
        b"\x80\x02",
        b"",
        b"\x80\x02}q\0h\x01.",
        b"\x80\x02t.",
        b"\x80\x02u.",
        b"\x80\x02}(K\x01u.",
        b"\x80\x02}K\x01K\x02s.",
        b"\x80\x02K\x01(K\x02\x86.",
        b"\x80\x02(s.",
        b"\x80\x02}(R.",
        b"\x80\x02ccollections\nOrderedDict\nK\x01\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02ctorch\nFloatStorage\n)R.",
        b"\x80\x02)Q.",
        b"\x80\x02K\x01Q.",
        b"\x80\x02}K\x01b.",
        b"\x80\x02X\xff\xff\xff\xffabc.",
        b"\x80\x02X\x02\0\0\0\xff\xfe.",
        b"\x80\x02\x8a\xff.",
        b"\x80\x02ccollections",
        b"\x80\x02).",
    ] {
        pickle_refused(pickle, "data.pkl: ");
    }
    pickle_refused(&state_dict([("H_init", int(1))]), "`H_init` (a number or bytes)");
    // The dict is its own entry: through the memo it can be reached without end.
    pickle_refused(
        b"\x80\x02}q\0X\x01\0\0\0ah\0sX\x09\0\0\0_metadatah\0sh\0b.",
        "`a` (a table)",
    );
    // Tuples a million deep.
    pickle_refused(
        &[b"\x80\x02)".to_vec(), b"\x85".repeat(1 << 20), b".".to_vec()].concat(),
        "state_dict",
    );
    pickle_refused(
        &[b"\x80\x02".to_vec(), b"(".repeat(1 << 20), b"t".repeat(1 << 20)].concat(),
        "truncated",
    );
}

#[test]
fn tensors_that_reach_beyond_their_storage() {
    let with = |change: fn(&mut Pickled)| {
        let mut tensor = Pickled {
            shape: vec![2, 4],
            stride: vec![4, 1],
            numel: 8,
            ..first_tensor()
        };
        change(&mut tensor);
        torch(&[tensor], &[("0", vec![0; 32])])
    };
    refused(&with(|_| ()), "`H_init`: expected [8], found [2, 4]");
    refused(&with(|t| t.offset = 1), "not within its storage");
    refused(&with(|t| t.offset = -1), "not valid");
    refused(&with(|t| t.offset = i64::MAX), "not within its storage");
    refused(&with(|t| t.stride = vec![5, 1]), "not within its storage");
    refused(&with(|t| t.stride = vec![-4, 1]), "not valid");
    refused(&with(|t| t.stride = vec![i64::MAX, i64::MAX]), "not within its storage");
    refused(&with(|t| t.stride = vec![1]), "not valid");
    refused(&with(|t| t.shape = vec![i64::MAX, i64::MAX]), "overflows");
    refused(
        &with(|t| (t.shape, t.stride) = (vec![1 << 40, 4], vec![0, 1])),
        "not within its storage",
    );
    refused(&with(|t| (t.shape, t.stride) = (vec![1; 9], vec![1; 9])), "not valid");
    refused(&with(|t| t.numel = 9), "should hold 9 elements");
    refused(&with(|t| t.numel = i64::MAX), "should hold");
    refused(&with(|t| t.numel = -8), "a storage of -8 elements");
    refused(
        &with(|t| t.class = "DoubleStorage"),
        "should hold 8 elements of 8 bytes",
    );
    let mut long = Pickled {
        class: "LongStorage",
        ..first_tensor()
    };
    long.numel = 8;
    refused(
        &torch(&[long], &[("0", vec![0; 64])]),
        "`H_init`: expected F64, F32, F16, BF16, or I8 with scales, found I64",
    );
}

/// Each view is fine; together they would take a copy of the file each.
#[test]
fn many_transposed_views_of_one_storage() {
    let tensors: Vec<_> = (0..200)
        .map(|i| Pickled {
            name: format!("x{i}"),
            class: "FloatStorage",
            key: "0".to_owned(),
            numel: 1 << 18,
            offset: 0,
            shape: vec![512, 512],
            stride: vec![1, 512],
        })
        .collect();
    refused(&torch(&tensors, &[("0", vec![0; 1 << 20])]), "larger than the file");
}
