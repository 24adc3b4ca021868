use crate::tasks::maze;

/// Twin of `valid_maze`, for one sample: the rules' own judgement.
pub(super) fn valid_maze(tokens: &[u32], preds: &[u32]) -> u32 {
    u32::from(maze::is_valid(tokens, preds))
}
