//! The native window that shows the contents.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Context, IconData, Ui, ViewportBuilder};
use hrm::Options;
use hrm::error::Error;
use hrm::files::write_whole;
use hrm::tasks::Task;
use hrm_hub::{Address, Kind, catalogue};
use serde::Serialize;

use crate::contents::Contents;
use crate::saver::Saver;
use crate::settings::{Settings, View};
use crate::state::State;
use crate::timing::Summary;
use crate::{words, worker};

/// The window's options at the start.
#[derive(Debug, Clone, Default)]
pub struct StartOptions {
    /// A file of puzzles, or the text of a puzzle.
    pub input: Option<String>,
    /// The model; None for the remembered one.
    pub model: Option<String>,
    /// The device, as [`DeviceChoice`](hrm::executor::DeviceChoice) is written; None for the remembered one.
    pub device: Option<String>,
    /// A file to which the window reports its state three times a second, for tests and bug reports.
    pub report: Option<PathBuf>,
}

/// The reason why the window could not be opened, as the window system or the graphics driver gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWindow(String);

impl fmt::Display for NoWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no window: {}", self.0)
    }
}

impl std::error::Error for NoWindow {}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`NoWindow`] where there is no display, or nothing can draw on it.
pub fn run(options: StartOptions) -> Result<(), NoWindow> {
    let is_first = Settings::path().is_none_or(|path| !path.exists());
    let (mut settings, path, complaint) = Settings::restore(Settings::path());
    if let Some(device) = &options.device {
        settings.device.clone_from(device);
    }
    if let Some(model) = &options.model {
        // A model that says of which task it is brings that task's board with it.
        let task = task_of(model);
        settings.of_mut(task.unwrap_or(settings.view.task())).model = Some(model.clone());
        if let (Some(task), None) = (task, &options.input) {
            settings.view = View::Board(task);
        }
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
    let create = move |creation: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let ctx = creation.egui_ctx.clone();
        ctx.set_zoom_factor(settings.zoom);
        let saver = Saver::start(path, settings.clone());
        // Events that arrive close together share a frame.
        let wake = Arc::new(move || ctx.request_repaint_after(Duration::from_millis(15)));
        let mut state = State::new(settings, complaint, wake);
        state.begin_boards();
        let complaint = state.message.clone();
        match options.input {
            Some(input) => begin_with(&mut state, &input),
            None if is_first => state.welcome(),
            None => {}
        }
        // That nothing will be remembered matters beside any puzzle.
        state.message = state.message.or(complaint);
        let mut contents = Contents::new(state);
        if let Some(render) = &creation.wgpu_render_state {
            let info = render.adapter.get_info();
            contents.graphics = format!("{} ({})", info.name, info.backend);
        }
        Ok(Box::new(Window {
            contents,
            saver,
            report: options.report,
            reported: Instant::now(),
        }))
    };
    // Dependencies panic where libraries of the window system are missing.
    let run = std::panic::AssertUnwindSafe(|| eframe::run_native("hrm", native, Box::new(create)));
    match std::panic::catch_unwind(run) {
        Ok(ran) => ran.map_err(|error| NoWindow(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied());
            Err(NoWindow(text.unwrap_or("the window system ended it").to_owned()))
        }
    }
}

/// Returns the task that a model is said to be of: of a name on a hub by the catalogue, otherwise by its files.
fn task_of(model: &str) -> Option<Task> {
    if let Some(address) = Address::of_path(Path::new(model), Kind::Model) {
        return catalogue::find(&address.ok()?)?.task();
    }
    let mut options = Options::default();
    options.model = Some(model.into());
    options.inspect_model().ok()?.task
}

/// Loads `input` if it is an existing path, else pastes it as a puzzle.
fn begin_with(state: &mut State, input: &str) {
    if Path::new(input).exists() {
        worker::load(state.worker.outbox(), input.into(), None);
    } else {
        state.paste(input);
    }
}

/// The time between two reports.
const REPORT: Duration = Duration::from_millis(300);

struct Window {
    contents: Contents,
    saver: Saver,
    report: Option<PathBuf>,
    reported: Instant,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.contents.logic(ctx);
        if let Some(seconds) = frame.info().cpu_usage {
            self.contents.frames.add(seconds * 1000.0);
        }
        let zoom = ctx.zoom_factor();
        let size = ctx.input(|input| {
            let viewport = input.viewport();
            let normal = ![viewport.minimized, viewport.maximized, viewport.fullscreen].contains(&Some(true));
            viewport.inner_rect.filter(|_| normal)
        });
        let settings = &mut self.contents.state.settings;
        settings.zoom = zoom;
        if let Some(size) = size.map(|rect| rect.size() * zoom) {
            settings.window = Some([size.x.round(), size.y.round()]);
        }
        self.saver.save(self.contents.state.updated_settings());
        if self.report.is_some() {
            if self.reported.elapsed() > REPORT {
                self.write_report(ctx);
            }
            // The next report is due even if no event arrives.
            ctx.request_repaint_after(REPORT);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.contents.ui(ui);
    }

    fn on_exit(&mut self) {
        self.saver.save(self.contents.state.updated_settings());
    }
}

/// The window's state as the report file shows it.
#[derive(Serialize)]
struct Snapshot {
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
        let state = &self.contents.state;
        let solve = state.current_solve();
        let opened = state.opened.as_ref();
        let snapshot = Snapshot {
            board: self
                .contents
                .board
                .map(|r| [r.left() * pixels, r.top() * pixels, r.width() * pixels]),
            headline: solve.map_or(String::new(), |solve| words::headline(solve).0),
            valid: solve.and_then(|t| t.verdict(t.track())).map(|verdict| verdict.valid),
            running: state.is_running(),
            question: state.editor.task().text(state.editor.board()),
            grid: state.copy(),
            shown: solve.map_or(0, |solve| solve.showing()),
            segments: solve.map_or(0, |solve| solve.segments()),
            answered: state
                .list
                .as_ref()
                .map(|list| (list.counts().done(), list.counts().puzzles())),
            message: state.message.as_ref().map(|message| message.text.clone()),
            model: opened.map_or(String::new(), |opened| opened.model.clone()),
            device: opened.map_or(String::new(), |opened| opened.device.clone()),
            graphics: self.contents.graphics.clone(),
            callbacks: self.contents.callbacks.summary(),
            frames: self.contents.frames.summary(),
        };
        // A report that cannot be written must not disturb the window.
        let write = move || {
            let _ = write_whole(&path, |out| {
                let write = serde_json::to_writer(out, &snapshot).map_err(std::io::Error::from);
                write.map_err(Error::io("write", &path))
            });
        };
        let _ = std::thread::Builder::new().name("hrm-report".into()).spawn(write);
    }
}

/// Returns the program's icon: three by three cells, the middle one solved.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_brings_its_task() {
        let task = |name: &str| name.parse().ok();
        assert_eq!(task_of("maze"), task("maze"));
        assert_eq!(task_of("sudoku"), task("sudoku"));
        assert_eq!(task_of("hub:alphaXiv/trm-model-maze"), task("maze"));
        for unknown in ["hub:nobody/nothing", "hub:", "no-such-model"] {
            assert_eq!(task_of(unknown), None, "{unknown}");
        }
    }
}
