//! What comes of a segment: the rules' verdict, and whether a sample goes on.

use std::collections::BTreeSet;

use super::check;
use crate::cpu;
use crate::halt::Halt;
use crate::kernels::fixture::{Fixture, Samples};
use crate::kernels::{State, Threshold};
use crate::tasks::{maze, sudoku};

#[test]
fn halting() {
    let live: Vec<usize> = (0..40).filter(|slot| slot % 3 != 1).collect();
    for halt in [Halt::Fixed, Halt::Learned, Halt::Stable, Halt::Still, Halt::Valid] {
        let heads = [
            (Threshold::Continue, 2),
            (Threshold::Zero, 2),
            (Threshold::Zero, 1),
            (Threshold::Half, 2),
        ];
        for (threshold, outputs) in heads {
            let fixture = Fixture::halting(Samples { slots: 40, live: &live }, 81, halt, threshold, outputs);
            let states = cpu::fixture::run(&fixture).unwrap();
            let found: BTreeSet<u32> = states.chunks(State::LEN).map(|words| words[2] as u32).collect();
            let kinds = if halt == Halt::Fixed { 2 } else { 3 };
            assert_eq!(found.len(), kinds, "{halt:?} {threshold:?}: {found:?}");
            check(&format!("halting {halt:?} {threshold:?}"), &fixture);
        }
    }
}

/// How much outputs changed, and whether they stand still: some do, some are in their first segment, some move.
#[test]
fn changes() {
    let live: Vec<usize> = (0..40).filter(|slot| slot % 4 != 1).collect();
    let samples = Samples { slots: 40, live: &live };
    for sizes in [[81, 11], [900, 6], [5, 3]] {
        let still = Fixture::change(samples, sizes, true);
        let found = cpu::fixture::run(&still).unwrap();
        assert!(found.contains(&0.0) && found.contains(&1.0), "{found:?}");
        check(&format!("still {sizes:?}"), &still);
        check(&format!("change {sizes:?}"), &Fixture::change(samples, sizes, false));
    }
}

/// Solved grids, and grids with one fault of every kind.
#[test]
fn rules_of_sudoku() {
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let solved: Vec<u32> = solved.bytes().map(|b| u32::from(b - b'0') + 1).collect();
    let mut question = vec![1; 81];
    (0..81).step_by(4).for_each(|cell| question[cell] = solved[cell]);
    let mut pairs = vec![[question.clone(), solved.clone()], [vec![1; 81], solved.clone()]];
    for cell in [0, 1, 40, 77, 80] {
        for id in [0, 1, 11, 32, 33, solved[cell] % 9 + 2] {
            let mut wrong = solved.clone();
            wrong[cell] = id;
            pairs.push([question.clone(), wrong]);
        }
    }
    // Another solution (two digits changed places), against givens and without.
    let other: Vec<u32> = solved
        .iter()
        .map(|&id| [id, 3, 2][usize::from(id == 2) + 2 * usize::from(id == 3)])
        .collect();
    pairs.extend([[question, other.clone()], [vec![1; 81], other]]);
    // Rows and columns are kept, boxes are not.
    pairs.push([
        vec![1; 81],
        (0..81)
            .map(|cell| (cell / 9 + cell % 9) % 9 + 2)
            .map(|id| id as u32)
            .collect(),
    ]);
    let slots = pairs.len();
    let live: Vec<usize> = (0..slots).collect();
    let fixture = Fixture::judge(Samples { slots, live: &live }, &sudoku::RULES, &pairs);
    assert_eq!(cpu::fixture::run(&fixture).unwrap().iter().sum::<f32>(), 3.0);
    check("sudoku rules", &fixture);
}

/// Paths, and boards that are not: gaps, forks, rings, a path through a wall, a moved start.
#[test]
fn rules_of_mazes() {
    let ids = |text: &str| -> Vec<u32> {
        text.chars()
            .filter(|c| *c != '\n')
            .map(|c| maze::id(c).unwrap())
            .collect()
    };
    let question = ids("S    \n ### \n #G  \n ### \n     ");
    let good = ["Soooo\n ###o\n #Goo\n ### \n     ", "S    \no### \no#Goo\no###o\nooooo"];
    let bad = [
        "Sooo \n ###o\n #Goo\n ### \n     ",
        "Soooo\no###o\n #Goo\n ### \n     ",
        "Soooo\no###o\no#Goo\no###o\nooooo",
        "S    \noo## \n #G  \n ### \n     ",
        " oooo\nS###o\n #Goo\n ### \n     ",
        "Soooo\n ###o\n #ooo\n ### \n     ",
        "S    \n ### \n #G  \n ### \n     ",
    ];
    let mut pairs: Vec<_> = good
        .iter()
        .chain(&bad)
        .map(|text| [question.clone(), ids(text)])
        .collect();
    // A ring beside the path: every cell touches as many others as it must.
    let open = ids("SG   \n     \n     \n     \n     ");
    pairs.push([open.clone(), ids("SG   \n     \n  ooo\n  o o\n  ooo")]);
    pairs.push([open.clone(), ids("SG   \n     \n     \n     \n     ")]);
    let (mut odd, mut pad) = (open.clone(), open.clone());
    (odd[7], pad[7]) = (6, 0);
    pairs.extend([[open.clone(), odd], [open.clone(), pad.clone()], [pad.clone(), pad]]);
    let slots = pairs.len();
    let live: Vec<usize> = (0..slots).collect();
    let fixture = Fixture::judge(Samples { slots, live: &live }, &maze::RULES, &pairs);
    let expected: Vec<f32> = (0..slots).map(|i| f32::from(u8::from(i < 2 || i == 10))).collect();
    assert_eq!(cpu::fixture::run(&fixture).unwrap(), expected);
    check("maze rules", &fixture);
}
