//! Files of gigabytes.

use crate::checkpoints_support::*;
use hrm::model::Model;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

/// The size of the published ARC-2 model: rows that nobody asks for are never read, or this would take a while.
#[test]
fn a_puzzle_table_of_gigabytes_opens_at_once() {
    const ROWS: usize = 1_045_829;
    let config = small_config().with(|c| {
        c.puzzle_emb_ndim = 512;
        c.num_puzzle_identifiers = ROWS;
    });
    let mut small: Vec<_> = config.tensors();
    let at = small.iter().position(|(name, _)| name == "puzzle_emb.weights").unwrap();
    let table = small.remove(at);
    let row_at = |start: u64| start + (ROWS as u64 / 2) * 2048;
    let row: Vec<u8> = (0..512).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let table_bytes = (ROWS * 2048) as u64;

    let dir = tempfile::tempdir().unwrap();
    let check = |path: &std::path::Path| {
        let started = Instant::now();
        let model = Model::open(path, None).unwrap();
        let expected: Vec<f32> = (0..512).map(|i| i as f32).collect();
        assert_eq!(model.puzzle_row(ROWS / 2).unwrap(), expected);
        assert_eq!(model.puzzle_row(ROWS - 1).unwrap(), [0.0; 512]);
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "took {:?}",
            started.elapsed()
        );
        assert_eq!(model.config.num_puzzle_identifiers, ROWS);
    };
    let write = |path: &std::path::Path, head: &[u8], tail: &[u8]| {
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(head).unwrap();
        file.seek(SeekFrom::Start(row_at(head.len() as u64))).unwrap();
        file.write_all(&row).unwrap();
        file.seek(SeekFrom::Start(head.len() as u64 + table_bytes)).unwrap();
        file.write_all(tail).unwrap();
        file.set_len(head.len() as u64 + table_bytes + tail.len() as u64)
            .unwrap();
    };

    // Safetensors: the table, then zeros for all else.
    let mut header = format!(
        r#"{{"{}":{{"dtype":"F32","shape":{:?},"data_offsets":[0,{table_bytes}]}}"#,
        table.0, table.1
    );
    let mut end = table_bytes as usize;
    for (name, shape) in &small {
        let start = end;
        end += shape.iter().product::<usize>() * 4;
        header += &format!(r#","{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#);
    }
    header.push('}');
    small_model().save(dir.path(), None).unwrap();
    let text = std::fs::read_to_string(dir.path().join("config.json")).unwrap();
    let text = text.replace("\"puzzle_emb_ndim\": 12", "\"puzzle_emb_ndim\": 512");
    let text = text.replace(
        "\"num_puzzle_identifiers\": 3",
        &format!("\"num_puzzle_identifiers\": {ROWS}"),
    );
    std::fs::write(dir.path().join("config.json"), text).unwrap();
    write(
        &dir.path().join("model.safetensors"),
        &safetensors(&header, &[]),
        &vec![0; end - table_bytes as usize],
    );
    check(dir.path());

    // Torch: the table's storage is the first entry, so that the rest of a small archive can follow it.
    let pickled = |name: &str, shape: &[usize], key: &str| Pickled {
        name: name.to_owned(),
        class: "FloatStorage",
        key: key.to_owned(),
        numel: shape.iter().product::<usize>() as i64,
        offset: 0,
        shape: shape.iter().map(|&d| d as i64).collect(),
        stride: (0..shape.len())
            .map(|i| shape[i + 1..].iter().product::<usize>() as i64)
            .collect(),
    };
    let mut all = vec![pickled(&table.0, &table.1, "0")];
    let mut storages = Vec::new();
    for (key, (name, shape)) in (1..).zip(&small) {
        all.push(pickled(name, shape, &key.to_string()));
        storages.push((key.to_string(), vec![0; shape.iter().product::<usize>() * 4]));
    }
    let (head, tail) = zip_around_gap("archive/data/0", table_bytes as u32, &all, &storages);
    write(&dir.path().join("checkpoint"), &head, &tail);
    check(&dir.path().join("checkpoint"));
}

/// An archive whose first entry's data of `gap` bytes are left out: what comes before and after them.
fn zip_around_gap(first: &str, gap: u32, all: &[Pickled], storages: &[(String, Vec<u8>)]) -> (Vec<u8>, Vec<u8>) {
    let pickle = state_dict(all.iter().map(|tensor| (tensor.name.as_str(), tensor_opcodes(tensor))));
    let mut entries = vec![Entry {
        claims: Some((gap, gap)),
        ..Entry::new(first, [])
    }];
    entries.push(Entry::new("archive/data.pkl", pickle));
    entries.extend(
        storages
            .iter()
            .map(|(key, data)| Entry::new(&format!("archive/data/{key}"), data.clone())),
    );
    let mut file = zip(&entries);
    let head = 30 + first.len();
    let mut tail = file.split_off(head);
    // Offsets of all later entries, and of the directory, move by the gap.
    let shift = |tail: &mut [u8], at: usize| {
        let value = u32::from_le_bytes(tail[at..at + 4].try_into().unwrap()) + gap;
        tail[at..at + 4].copy_from_slice(&value.to_le_bytes());
    };
    let end = tail.len() - 22;
    let mut at = u32::from_le_bytes(tail[end + 16..end + 20].try_into().unwrap()) as usize - head;
    shift(&mut tail, end + 16);
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            shift(&mut tail, at + 42);
        }
        at += 46 + entry.name.len();
    }
    (file, tail)
}
