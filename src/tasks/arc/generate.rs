//! Makes questions by rules of our own, each with pairs that show its rule.

use super::canvas::encode;
use super::grid::{Grid, Random};
use super::rules::{FAMILIES, RULES, Rule};
use super::{BLACK, Board, SIDE, TASK};
use crate::error::{Error, Result};
use crate::tasks::{Made, Puzzle, Recipe};

/// Number of pairs that show a rule.
const PAIRS: usize = 3;

/// Generates questions; the same seed gives the same ones on every machine.
pub(super) struct Generator {
    random: Random,
    rules: Vec<&'static Rule>,
}

impl Generator {
    pub(super) fn new(recipe: &Recipe<'_>) -> Result<Generator> {
        let asked = [
            (recipe.side.is_some(), "a size"),
            (recipe.least.is_some(), "a shortest path"),
            (recipe.givens.is_some(), "a number of givens"),
        ];
        if let Some((_, found)) = asked.into_iter().find(|(is_asked, _)| *is_asked) {
            let reason = format!("a new ARC board is as its rule makes it: expected a level alone, found {found}");
            return Err(Error::Usage(reason));
        }
        let is_asked = |rule: &&Rule| {
            recipe
                .level
                .is_none_or(|level| level == rule.family || level == rule.name)
        };
        let rules: Vec<&Rule> = RULES.iter().filter(is_asked).collect();
        match recipe.level {
            Some(level) if rules.is_empty() => {
                let families = FAMILIES.join(", ");
                let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
                let reason = format!(
                    "expected the level {families}, or a task ({}), found {level}",
                    names.join(", ")
                );
                Err(Error::Usage(reason))
            }
            _ => Ok(Generator {
                random: Random::new(recipe.seed),
                rules,
            }),
        }
    }

    /// Returns a question that its rule changes, with the answer, as boards.
    fn pair(&mut self, rule: &Rule) -> (Board, Board) {
        loop {
            let (question, answer) = (rule.make)(&mut self.random);
            if question != answer {
                return (board(question), board(answer));
            }
        }
    }
}

impl Iterator for Generator {
    type Item = Made;

    fn next(&mut self) -> Option<Made> {
        let at = self.random.below(self.rules.len());
        let rule = *self.rules.get(at)?;
        let demonstrations = (0..PAIRS).map(|_| self.pair(rule)).collect();
        let (question, answer) = self.pair(rule);
        let puzzle = Puzzle {
            demonstrations,
            name: Some(rule.name.to_owned()),
            ..Puzzle::on(TASK, question).ok()?
        };
        Some(Made {
            puzzle,
            answer: Some(encode(&answer, SIDE)),
            level: rule.family,
            rating: 0,
        })
    }
}

fn board(grid: Grid) -> Board {
    Board {
        rows: grid.rows,
        columns: grid.columns,
        tokens: grid.cells.iter().map(|&colour| u32::from(colour) + BLACK).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tasks::Definition;
    use crate::tasks::arc::grid::MOST;
    use crate::tasks::arc::{Arc, canvas};
    use crate::tasks::{read, text::Entry};

    fn some(level: &str, count: usize) -> Vec<Made> {
        let recipe = Recipe {
            seed: 7,
            level: Some(level),
            ..Recipe::default()
        };
        Arc.generate(&recipe).unwrap().take(count).collect()
    }

    #[test]
    fn every_rule_makes_boards_that_fit_and_what_is_written_is_read_again() {
        for rule in &RULES {
            assert!(FAMILIES.contains(&rule.family), "{}", rule.name);
            let made = some(rule.name, 100);
            let questions: BTreeSet<String> = made.iter().map(|made| made.puzzle.text()).collect();
            assert!(questions.len() > 60, "{}: {} of 100", rule.name, questions.len());
            for made in &made {
                let answer = canvas::crop(made.answer.as_ref().unwrap());
                let pairs = made.puzzle.demonstrations.iter();
                for (from, to) in pairs.chain([&(made.puzzle.board.clone(), answer.clone())]) {
                    assert_ne!(from, to, "{}", rule.name);
                    for board in [from, to] {
                        let sides = [board.rows, board.columns];
                        assert!(sides.iter().all(|side| (1..=MOST).contains(side)), "{}", rule.name);
                    }
                }
                assert_eq!(
                    (made.level, made.puzzle.name.as_deref()),
                    (rule.family, Some(rule.name))
                );
            }
            let lines: Vec<String> = made
                .iter()
                .map(|made| Arc.written(&made.puzzle, made.answer.as_deref()))
                .collect();
            let again: Vec<Entry> = read(lines.join("\n").as_bytes(), "made.json", None)
                .into_iter()
                .map(|entry| entry.unwrap())
                .collect();
            assert_eq!(again.len(), made.len());
            for (number, (again, made)) in again.into_iter().zip(made).enumerate() {
                let part = Puzzle {
                    part: number,
                    ..made.puzzle
                };
                assert_eq!((again.puzzle, again.answer), (part, made.answer));
            }
        }
    }

    /// What a person sees at once, for the rules whose code is not its own description.
    #[test]
    fn answers_are_what_the_rules_say() {
        let check = |level: &str, is_right: fn(&Board, &Board) -> bool| {
            for made in some(level, 200) {
                let answer = canvas::crop(made.answer.as_ref().unwrap());
                assert!(is_right(&made.puzzle.board, &answer), "{level}: {}", made.puzzle.text());
            }
        };
        check("most-frequent", |question, answer| {
            let of = |id: u32| question.tokens.iter().filter(|&&cell| cell == id).count();
            (BLACK + 1..BLACK + 10).all(|id| id == answer.tokens[0] || of(id) < of(answer.tokens[0]))
        });
        check("count-cells", |question, answer| {
            answer.rows == 1 && question.tokens.iter().filter(|&&cell| cell != BLACK).count() == answer.columns
        });
        check("gravity-down", |question, answer| {
            let column = |board: &Board, column: usize| -> Vec<u32> {
                board
                    .tokens
                    .iter()
                    .skip(column)
                    .step_by(board.columns)
                    .copied()
                    .collect()
            };
            (0..question.columns).all(|at| {
                let (mut from, to) = (column(question, at), column(answer, at));
                from.sort_by_key(|&id| id != BLACK);
                from == to
            })
        });
        check("fill-enclosed", |question, answer| {
            // What stays black touches the edge or other black; what is red never touches black, nor the edge.
            let at = |board: &Board, row: usize, column: usize| board.tokens[row * board.columns + column];
            (0..answer.rows).all(|row| {
                (0..answer.columns).all(|column| {
                    let edge = row == 0 || column == 0 || row + 1 == answer.rows || column + 1 == answer.columns;
                    let is_new = at(answer, row, column) != at(question, row, column);
                    let around = [
                        (row.wrapping_sub(1), column),
                        (row + 1, column),
                        (row, column.wrapping_sub(1)),
                        (row, column + 1),
                    ];
                    let mut near = around.iter().filter(|(r, c)| *r < answer.rows && *c < answer.columns);
                    !is_new || (!edge && near.all(|&(r, c)| at(answer, r, c) != BLACK))
                })
            })
        });
        check("keep-largest", |question, answer| {
            let kept = answer.tokens.iter().filter(|&&id| id != BLACK).count();
            kept > 0
                && answer
                    .tokens
                    .iter()
                    .zip(&question.tokens)
                    .all(|(to, from)| *to == BLACK || to == from)
        });
    }

    #[test]
    fn a_recipe_that_cannot_be_followed_says_what_can() {
        let of = |recipe: &Recipe<'_>| {
            Arc.generate(recipe)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        let unknown = of(&Recipe {
            level: Some("hard"),
            ..Recipe::default()
        });
        assert!(unknown.contains("recolour") && unknown.contains("gravity-down") && unknown.contains("found hard"));
        let sized = of(&Recipe {
            side: Some(9),
            ..Recipe::default()
        });
        assert!(sized.contains("expected a level alone"), "{sized}");
    }
}
