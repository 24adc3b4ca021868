//! The desktop window: puzzles go in, and the grid settles segment by segment.
//!
//! | part | holds |
//! |---|---|
//! | [`state`], [`events`], [`editor`], [`thinking`], [`batch`], [`cells`], [`settings`] | what is shown, as plain data, and what can be done with it |
//! | [`worker`], [`input`], [`export`], [`dialogs`] | what takes time: in threads of its own, so that the window never waits |
//! | [`face`], [`keys`], [`top_bar`], [`thinking_panel`], [`list_view`], boards, [`plot`], [`colours`] | drawing, keys, names for screen readers |
//! | [`timing`] | how long the window's callbacks take |
//!
//! The window draws on its own device; the worker's solver owns another, which can be changed, or lost and rebuilt,
//! without touching the window.

pub mod batch;
mod bench;
pub mod board;
pub mod cells;
pub mod colours;
pub mod dialogs;
pub mod editor;
pub mod events;
pub mod export;
pub mod face;
pub mod input;
pub mod keys;
pub mod list_view;
pub mod maze_board;
pub mod maze_image;
pub mod plot;
pub mod settings;
pub mod state;
pub mod sudoku_board;
pub mod thinking;
pub mod thinking_panel;
pub mod timing;
pub mod top_bar;
mod window;
pub mod worker;

pub use eframe::egui;
pub use face::Face;
pub use window::{Options, run};
