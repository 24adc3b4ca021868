//! The native window around the face.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Context, IconData, Ui, ViewportBuilder};
use serde::Serialize;

use super::face::Face;
use super::settings::{Saver, Settings};
use super::state::State;
use super::timing::Summary;
use super::{thinking_panel, worker};
use hrm::error::{Error, Result};
use hrm::files::write_whole;

/// What the window begins with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A file of puzzles, or a puzzle.
    pub input: Option<String>,
    /// The model; None for the one that the window remembers.
    pub model: Option<String>,
    /// The device, as `--device` takes it; None for the one that the window remembers.
    pub device: Option<String>,
    /// A file that the window writes its measurements to, three times a second: for tests and bug reports.
    pub report: Option<PathBuf>,
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`Error::Window`] where there is no display, or nothing can draw on it.
pub fn run(options: Options) -> Result<()> {
    let path = Settings::path();
    let loaded = path.as_deref().map_or(Ok(Settings::default()), Settings::load);
    let (mut settings, complaint) = match loaded {
        Ok(settings) => (settings, None),
        Err(error) => (Settings::default(), Some(format!("{error}; it begins with defaults"))),
    };
    if let Some(device) = &options.device {
        settings.device.clone_from(device);
    }
    if let Some(model) = &options.model {
        settings.sudoku_model = Some(model.clone());
    }
    let viewport = ViewportBuilder::default()
        .with_title("hrm")
        .with_app_id("hrm")
        .with_icon(icon())
        .with_min_inner_size([120.0, 90.0])
        .with_inner_size(settings.window.unwrap_or([1000.0, 720.0]));
    let native = eframe::NativeOptions {
        viewport,
        ..Default::default()
    };
    let create = move |creation: &eframe::CreationContext<'_>| -> std::result::Result<Box<dyn eframe::App>, _> {
        let ctx = creation.egui_ctx.clone();
        ctx.set_zoom_factor(settings.zoom);
        let saver = Saver::start(path, settings.clone());
        // Events that come close together share a frame.
        let wake = Arc::new(move || ctx.request_repaint_after(Duration::from_millis(15)));
        let mut state = State::new(settings, complaint, wake);
        if let Some(input) = options.input {
            begin_with(&mut state, &input);
        }
        let mut face = Face::new(state);
        if let Some(render) = &creation.wgpu_render_state {
            let info = render.adapter.get_info();
            face.graphics = format!("{} ({})", info.name, info.backend);
        }
        Ok(Box::new(Window {
            face,
            saver,
            report: options.report,
            reported: Instant::now(),
        }))
    };
    // Where libraries of the window system are missing, crates below panic.
    let run = std::panic::AssertUnwindSafe(|| eframe::run_native("hrm", native, Box::new(create)));
    match std::panic::catch_unwind(run) {
        Ok(ran) => ran.map_err(|error| Error::Window {
            reason: error.to_string(),
        }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied());
            Err(Error::Window {
                reason: text.unwrap_or("the window system ended it").to_owned(),
            })
        }
    }
}

/// A path that is there, else a puzzle.
fn begin_with(state: &mut State, input: &str) {
    if Path::new(input).exists() {
        worker::load(state.worker.outbox(), input.into(), None);
    } else {
        state.paste(input);
    }
}

/// Between two reports.
const REPORT: Duration = Duration::from_millis(300);

struct Window {
    face: Face,
    saver: Saver,
    report: Option<PathBuf>,
    reported: Instant,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.face.logic(ctx);
        if let Some(seconds) = frame.info().cpu_usage {
            self.face.frames.add(seconds * 1000.0);
        }
        let zoom = ctx.zoom_factor();
        let size = ctx.input(|input| {
            let viewport = input.viewport();
            let normal = ![viewport.minimized, viewport.maximized, viewport.fullscreen].contains(&Some(true));
            viewport.inner_rect.filter(|_| normal)
        });
        let settings = &mut self.face.state.settings;
        settings.zoom = zoom;
        if let Some(size) = size.map(|rect| rect.size() * zoom) {
            settings.window = Some([size.x.round(), size.y.round()]);
        }
        self.saver.save(self.face.state.remembered());
        if self.report.is_some() {
            if self.reported.elapsed() > REPORT {
                self.write_report(ctx);
            }
            // The next report comes without an event, too.
            ctx.request_repaint_after(REPORT);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.face.ui(ui);
    }

    fn on_exit(&mut self) {
        self.saver.save(self.face.state.remembered());
    }
}

/// What `--report` writes.
#[derive(Serialize)]
struct Report {
    /// Left, top and width of the board in pixels of the screen's window.
    board: Option<[f32; 3]>,
    headline: String,
    valid: Option<bool>,
    running: bool,
    question: String,
    grid: String,
    shown: usize,
    segments: usize,
    answered: Option<(usize, usize)>,
    message: Option<String>,
    model: String,
    device: String,
    graphics: String,
    callbacks: Summary,
    frames: Summary,
}

impl Window {
    fn write_report(&mut self, ctx: &Context) {
        self.reported = Instant::now();
        let Some(path) = self.report.clone() else { return };
        let pixels = ctx.pixels_per_point();
        let state = &self.face.state;
        let task = state.task();
        let thinking = state.thinking_of(task);
        let opened = state.opened.as_ref();
        let report = Report {
            board: self
                .face
                .board
                .map(|r| [r.left() * pixels, r.top() * pixels, r.width() * pixels]),
            headline: thinking.map_or(String::new(), |thinking| thinking_panel::headline(thinking).0),
            valid: thinking.and_then(|t| t.verdict(t.track())).map(|verdict| verdict.valid),
            running: state.is_running(),
            question: hrm::puzzle::answer_text(task, state.editor(task).tokens()),
            grid: state.copy(),
            shown: thinking.map_or(0, |thinking| thinking.showing()),
            segments: thinking.map_or(0, |thinking| thinking.segments()),
            answered: state
                .list
                .as_ref()
                .map(|list| (list.counts().done(), list.counts().puzzles())),
            message: state.message.as_ref().map(|message| message.text.clone()),
            model: opened.map_or(String::new(), |opened| opened.model.clone()),
            device: opened.map_or(String::new(), |opened| opened.device.clone()),
            graphics: self.face.graphics.clone(),
            callbacks: self.face.callbacks.summary(),
            frames: self.face.frames.summary(),
        };
        // A report that cannot be written is no reason to disturb the window.
        let write = move || {
            let _ = write_whole(&path, |out| {
                let write = serde_json::to_writer(out, &report).map_err(std::io::Error::from);
                write.map_err(Error::io("write", &path))
            });
        };
        let _ = std::thread::Builder::new().name("hrm-report".into()).spawn(write);
    }
}

/// Three rows of three cells, one of them found.
fn icon() -> IconData {
    const SIDE: u32 = 64;
    let cell = |x: u32, y: u32| {
        let (column, row) = (x.saturating_sub(3) / 20, y.saturating_sub(3) / 20);
        let inside = |at: u32| (3..61).contains(&at) && (at - 3) % 20 < 18;
        match (inside(x) && inside(y), row, column) {
            (false, ..) => [24, 26, 30, 255],
            (true, 1, 1) => [250, 200, 70, 255],
            (true, ..) => [120, 190, 255, 255],
        }
    };
    IconData {
        rgba: (0..SIDE * SIDE).flat_map(|i| cell(i % SIDE, i / SIDE)).collect(),
        width: SIDE,
        height: SIDE,
    }
}
