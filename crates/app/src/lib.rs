//! The desktop window: puzzles go in, and the grid settles segment by segment.
//!
//! | part | holds |
//! |---|---|
//! | [`messages`] | orders and events between the window and its threads |
//! | [`state`], [`events`], [`editor`], [`solve`], [`mind`], [`hint`], [`gallery`], [`race`], [`list`], [`cells`], [`notice`], [`settings`], [`told`] | what is shown, as plain data, and what can be done with it |
//! | [`worker`], [`input`], [`export`], [`dialogs`], `fetch` | what takes time, in threads of its own, so that the window never waits |
//! | [`contents`], [`keys`], [`top_bar`], [`solve_panel`], [`inside`], [`gallery_view`], [`race_view`], [`list_view`], [`board`], [`brushes`], [`examples`], [`paint`], [`fade`], [`plot`], [`words`], [`about`] | drawing, keys, sentences, names for screen readers |
//! | [`colours`], [`look`] | colours of boards, and how controls look |
//! | [`timing`] | how long the window's callbacks take |
//!
//! The window draws on its own device; the worker's solver owns another, which can be changed, or lost and rebuilt,
//! without touching the window.

pub mod about;
pub mod board;
pub mod brushes;
pub mod cells;
pub mod colours;
pub mod contents;
pub mod dialogs;
pub mod editor;
pub mod events;
pub mod examples;
pub mod export;
pub mod fade;
mod fetch;
pub mod gallery;
pub mod gallery_view;
pub mod hint;
pub mod input;
pub mod inside;
pub mod keys;
pub mod list;
pub mod list_view;
pub mod look;
pub mod messages;
pub mod mind;
pub mod notice;
pub mod paint;
pub mod plot;
pub mod race;
pub mod race_view;
mod saver;
pub mod settings;
pub mod solve;
pub mod solve_panel;
mod solver_thread;
pub mod state;
pub mod timing;
pub mod told;
pub mod top_bar;
mod window;
pub mod words;
pub mod worker;

pub use contents::Contents;
pub use eframe::egui;
pub use window::{NoWindow, StartOptions, run};
