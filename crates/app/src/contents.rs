//! The window's contents: its panels, put together.

use std::time::Instant;

use eframe::egui::{
    CentralPanel, Context, Frame, Grid, Panel, Rect, RichText, Role, ScrollArea, ThemePreference, Ui, WidgetInfo,
    Window,
};

use crate::colours::Palette;
use crate::fade::FRAME;
use crate::keys::{self, Panels};
use crate::settings::{Theme, View};
use crate::state::State;
use crate::timing::{Summary, Timing};
use crate::{about, board, dialogs, examples, gallery_view, list_view, look, solve_panel, top_bar};

/// The width in points below which the panel lies under the board.
const NARROW: f32 = 640.0;

/// The window's contents.
pub struct Contents {
    /// The state that is shown.
    pub state: State,
    /// The panels that can be opened and closed.
    pub panels: Panels,
    /// The board's place in the last frame, in points.
    pub board: Option<Rect>,
    /// The durations of the window's own callbacks.
    pub callbacks: Timing,
    /// The durations of whole frames, drawing included, as eframe measures them.
    pub frames: Timing,
    /// The name of the adapter that the window is drawn with.
    pub graphics: String,
    theme: Option<Theme>,
    began: Option<Instant>,
    /// The heights of the bar and of the message in the last frame, in points.
    heights: [f32; 2],
}

impl Contents {
    /// Returns the contents of a state.
    pub fn new(state: State) -> Contents {
        Contents {
            state,
            panels: Panels::default(),
            board: None,
            callbacks: Timing::default(),
            frames: Timing::default(),
            graphics: String::new(),
            theme: None,
            began: None,
            heights: [0.0; 2],
        }
    }

    /// Runs before each frame, and also while the window is hidden.
    pub fn logic(&mut self, ctx: &Context) {
        self.began = Some(Instant::now());
        let more = self.state.receive();
        if self.theme.is_none() {
            look::apply(ctx);
        }
        self.state.dark = ctx.theme() == eframe::egui::Theme::Dark;
        if let Some(left) = self.state.expire(Instant::now()) {
            ctx.request_repaint_after(left);
        }
        if self.theme.replace(self.state.settings.theme) != Some(self.state.settings.theme) {
            ctx.set_theme(match self.state.settings.theme {
                Theme::System => ThemePreference::System,
                Theme::Light => ThemePreference::Light,
                Theme::Dark => ThemePreference::Dark,
            });
        }
        if more {
            ctx.request_repaint();
        }
    }

    /// Draws a frame.
    pub fn ui(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        keys::act(&ctx, &mut self.state, &mut self.panels);
        self.tick(&ctx);
        let bar = Panel::top("bar").show(ui, |ui| top_bar::show(ui, &mut self.state, &mut self.panels));
        let heights = [bar.response.rect.height(), self.message(ui)];
        if std::mem::replace(&mut self.heights, heights) != heights {
            // A panel is clipped to what it was before: of one that has wrapped a part would be missing.
            ctx.request_discard("another height of a panel");
        }
        match self.state.settings.view {
            View::List => {
                self.board = None;
                CentralPanel::default().show(ui, |ui| list_view::show(ui, &mut self.state));
            }
            View::Board(_) => self.board_and_panel(ui),
        }
        self.help(&ctx);
        self.debug(&ctx);
        self.windows(&ctx);
        if let Some(began) = self.began.take() {
            self.callbacks.add(began.elapsed().as_secs_f32() * 1000.0);
        }
    }

    /// Advances the playback, and requests the next frame if something will change.
    fn tick(&mut self, ctx: &Context) {
        let seconds = ctx.input(|input| input.unstable_dt).min(0.25);
        let (speed, calm) = (self.state.settings.speed, self.state.settings.calm);
        let moves = self
            .state
            .playing()
            .is_some_and(|solve| match calm && !solve.playback.wanted {
                // Who wants less motion sees what has come, at once.
                true => solve.tick(1.0, solve.segments() as f64),
                false => solve.tick(seconds.into(), speed),
            });
        if moves {
            ctx.request_repaint_after(FRAME);
        } else if let Some(list) = self.state.list.as_mut().filter(|list| list.ticket.is_some()) {
            list.refresh();
        }
    }

    fn board_and_panel(&mut self, ui: &mut Ui) {
        let room = ui.available_size();
        let state = &mut self.state;
        if room.x < NARROW {
            let panel = Panel::bottom("solve below").exact_size((room.y * 0.45).max(20.0));
            panel.show(ui, |ui| solve_panel::show(ui, state));
        } else {
            let panel = Panel::right("solve").exact_size((room.x * 0.36).clamp(300.0, 360.0));
            panel.show(ui, |ui| solve_panel::show(ui, state));
        }
        // Beside the board where there is room, else above it.
        let room = ui.available_size();
        if examples::are_there(state) && room.x > 2.0 * examples::WIDTH {
            let panel = Panel::left("examples").exact_size(examples::WIDTH);
            panel.show(ui, |ui| examples::show(ui, state, true));
        } else if examples::are_there(state) && room.y > 2.0 * examples::HEIGHT {
            let panel = Panel::top("examples above").exact_size(examples::HEIGHT);
            panel.show(ui, |ui| examples::show(ui, state, false));
        }
        let board = CentralPanel::default().show(ui, |ui| board::show(ui, state));
        self.board = Some(board.inner);
    }

    /// Shows the latest message, and returns the height that it takes.
    fn message(&mut self, ui: &mut Ui) -> f32 {
        let Some(message) = &self.state.message else { return 0.0 };
        let palette = Palette::of(ui.visuals());
        let mut dismissed = false;
        let panel = Panel::bottom("message").frame(Frame::side_top_panel(ui.style()));
        let shown = panel.show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                dismissed = ui.button("OK").clicked();
                let text = RichText::new(&message.text);
                let label = ui.label(if message.is_error {
                    text.color(palette.fault)
                } else {
                    text
                });
                let role = if message.is_error { Role::Alert } else { Role::Status };
                label.widget_info(|| WidgetInfo::labeled(role, true, &message.text));
            });
        });
        if dismissed {
            self.state.message = None;
        }
        shown.response.rect.height()
    }

    /// Shows the windows over the board that are open.
    fn windows(&mut self, ctx: &Context) {
        about::show(ctx, &mut self.panels.about);
        dialogs::show(ctx, &mut self.state);
        gallery_view::show(ctx, &mut self.state);
    }

    fn help(&mut self, ctx: &Context) {
        let mut open = self.panels.keys;
        Window::new("Keys").open(&mut open).show(ctx, |ui| {
            ScrollArea::vertical().show(ui, |ui| {
                Grid::new("keys").num_columns(2).striped(true).show(ui, |ui| {
                    for (keys, does) in keys::list() {
                        ui.label(RichText::new(keys).strong());
                        ui.label(does);
                        ui.end_row();
                    }
                });
            });
        });
        self.panels.keys = open;
    }

    /// Shows how long the window's callbacks take.
    fn debug(&mut self, ctx: &Context) {
        let mut open = self.panels.debug;
        let (callbacks, frames) = (self.callbacks.summary(), self.frames.summary());
        let opened = self.state.opened.as_ref();
        let solver = opened.map_or("opening".to_owned(), |opened| {
            format!("{} on {}", opened.model, opened.device)
        });
        Window::new("Debug").open(&mut open).show(ctx, |ui| {
            ui.label(format!("draws on {}", self.graphics));
            ui.label(format!("solves with {solver}"));
            let row = |ui: &mut Ui, name: &str, s: Summary| {
                ui.label(name);
                for value in [s.median, s.p99, s.longest] {
                    ui.monospace(format!("{value:.1}"));
                }
                ui.monospace(s.over_16.to_string());
                ui.monospace(s.count.to_string());
                ui.end_row();
            };
            Grid::new("times").num_columns(6).show(ui, |ui| {
                for heading in ["ms", "median", "99 %", "longest", "over 16 ms", "of"] {
                    ui.label(heading);
                }
                ui.end_row();
                row(ui, "callback", callbacks);
                row(ui, "frame", frames);
            });
        });
        self.panels.debug = open;
    }
}
