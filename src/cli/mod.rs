//! The `hrm` command.

pub mod board;
