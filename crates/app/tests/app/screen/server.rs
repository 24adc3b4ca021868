//! A virtual screen (Xvfb), the window on it, real key events, and screenshots.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::skips::skipped;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    CLIENT_MESSAGE_EVENT, ClientMessageData, ClientMessageEvent, ConfigureWindowAux, ConnectionExt, EventMask,
    ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Longest wait for anything, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(90);

/// A virtual screen.
pub struct Screen {
    server: Child,
    display: String,
    connection: RustConnection,
    root: Window,
    pub folder: tempfile::TempDir,
}

impl Screen {
    /// Starts a screen; None if there is no Xvfb, which fails in CI.
    pub fn open() -> Option<Screen> {
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1100x800x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut server) = server else {
            skipped("the window on a screen: Xvfb is not installed (Debian: xvfb)");
            return None;
        };
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let display = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&display)).unwrap();
        let root = connection.setup().roots[screen].root;
        let folder = tempfile::tempdir().unwrap();
        Some(Screen {
            server,
            display,
            connection,
            root,
            folder,
        })
    }

    /// Starts the window; its settings are kept in the screen's folder.
    pub fn start(&self, args: &[&str]) -> Shown<'_> {
        let report = self.folder.path().join("report.json");
        let _ = std::fs::remove_file(&report);
        let mut command = Command::new(env!("CARGO_BIN_EXE_hrm-app"));
        command.arg("--report").arg(&report).args(args);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
        command
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env("NO_AT_BRIDGE", "1");
        // There is no session bus here.
        command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        command.stderr(std::fs::File::create(self.folder.path().join("stderr")).unwrap());
        let app = command.spawn().unwrap();
        let mut shown = Shown {
            screen: self,
            app,
            report,
            window: 0,
        };
        shown.wait("the first report", |report| report["model"] != "");
        // It is there before its first frame is, and takes no keys until then.
        let start = Instant::now();
        shown.window = loop {
            if let Some(window) = self.find() {
                break window;
            }
            assert!(start.elapsed() < PATIENCE, "no window: {}", shown.stderr());
            std::thread::sleep(Duration::from_millis(20));
        };
        self.connection
            .set_input_focus(InputFocus::PARENT, shown.window, 0u32)
            .unwrap();
        self.connection.flush().unwrap();
        // Beside the window, since a cell under the pointer shows its candidates.
        shown.point(1099, 799);
        std::thread::sleep(Duration::from_millis(300));
        shown
    }

    /// Returns the largest window that is seen.
    fn find(&self) -> Option<Window> {
        let children = self.connection.query_tree(self.root).ok()?.reply().ok()?.children;
        let area = |&window: &Window| {
            let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
            Some(u32::from(size.width) * u32::from(size.height))
        };
        let is_seen = |&window: &Window| {
            let attributes = self.connection.get_window_attributes(window).ok()?.reply().ok()?;
            Some(attributes.map_state == MapState::VIEWABLE)
        };
        children
            .into_iter()
            .filter(|window| is_seen(window) == Some(true))
            .max_by_key(|window| area(window))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The window on a screen.
pub struct Shown<'a> {
    screen: &'a Screen,
    app: Child,
    report: PathBuf,
    window: Window,
}

/// Pixels, row by row.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<[u8; 3]>,
}

impl Shown<'_> {
    /// Returns the window's report of its state.
    pub fn report(&self) -> serde_json::Value {
        let bytes = std::fs::read(&self.report).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Waits until the window's report is as wanted, and returns it.
    pub fn wait(&mut self, what: &str, done: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let start = Instant::now();
        loop {
            let report = self.report();
            if !report.is_null() && done(&report) {
                return report;
            }
            let ended = self.app.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{what}: the window ended, {ended:?}: {}",
                self.stderr()
            );
            assert!(start.elapsed() < PATIENCE, "{what}: {report:#}\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns what the program wrote to standard error.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.screen.folder.path().join("stderr")).unwrap_or_default()
    }

    /// Presses keys by their X11 keysyms, one after another, while `held` is down.
    fn press(&self, keysym: u32, held: Option<u32>) {
        let connection = &self.screen.connection;
        let (code, shift) = self.keycode(keysym);
        let held = held.map(|keysym| self.keycode(keysym).0);
        let shift = shift.then(|| self.keycode(0xffe1).0);
        let fake = |event, code| {
            drop(
                connection
                    .xtest_fake_input(event, code, 0, self.screen.root, 0, 0, 0)
                    .unwrap(),
            )
        };
        held.iter().chain(&shift).for_each(|&code| fake(KEY_PRESS_EVENT, code));
        fake(KEY_PRESS_EVENT, code);
        fake(KEY_RELEASE_EVENT, code);
        shift
            .iter()
            .chain(&held)
            .for_each(|&code| fake(KEY_RELEASE_EVENT, code));
        connection.flush().unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }

    fn keycode(&self, keysym: u32) -> (u8, bool) {
        let setup = self.screen.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = self
            .screen
            .connection
            .get_keyboard_mapping(first, last - first + 1)
            .unwrap();
        let mapping = mapping.reply().unwrap();
        let per = usize::from(mapping.keysyms_per_keycode);
        let at = mapping
            .keysyms
            .iter()
            .enumerate()
            .find(|(i, k)| **k == keysym && i % per < 2);
        let (at, _) = at.unwrap_or_else(|| panic!("no key for {keysym:#x}"));
        (first + (at / per) as u8, at % per == 1)
    }

    /// Types characters, each by its key.
    pub fn type_text(&self, text: &str) {
        text.chars().for_each(|c| self.press(u32::from(c), None));
    }

    /// Presses a key that has no character: Return, Escape, End, …
    pub fn key(&self, keysym: u32) {
        self.press(keysym, None);
    }

    /// Presses a key together with Control.
    pub fn control(&self, keysym: u32) {
        self.press(keysym, Some(0xffe3));
    }

    /// Moves the pointer.
    pub fn point(&self, x: i16, y: i16) {
        let connection = &self.screen.connection;
        let root = self.screen.root;
        connection
            .xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, x, y, 0)
            .unwrap();
        connection.flush().unwrap();
        std::thread::sleep(Duration::from_millis(60));
    }

    /// Resizes the window.
    pub fn resize(&self, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.screen.connection.configure_window(self.window, &size).unwrap();
        self.screen.connection.flush().unwrap();
        std::thread::sleep(Duration::from_millis(400));
    }

    /// Takes the window off the screen, as minimising does, or brings it back.
    pub fn hide(&self, hidden: bool) {
        let connection = &self.screen.connection;
        if hidden {
            connection.unmap_window(self.window).unwrap();
        } else {
            connection.map_window(self.window).unwrap();
        }
        connection.flush().unwrap();
        std::thread::sleep(Duration::from_millis(400));
    }

    /// Asks the window to close, as the button in its title bar does, and returns its exit code.
    pub fn close(mut self) -> i32 {
        let connection = &self.screen.connection;
        let atom = |name: &[u8]| connection.intern_atom(false, name).unwrap().reply().unwrap().atom;
        let event = ClientMessageEvent {
            response_type: CLIENT_MESSAGE_EVENT,
            format: 32,
            sequence: 0,
            window: self.window,
            type_: atom(b"WM_PROTOCOLS"),
            data: ClientMessageData::from([atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0]),
        };
        connection
            .send_event(false, self.window, EventMask::NO_EVENT, event)
            .unwrap();
        connection.flush().unwrap();
        let start = Instant::now();
        loop {
            if let Some(status) = self.app.try_wait().unwrap() {
                let said = self.stderr();
                assert!(!said.contains("panicked"), "{said}");
                return status.code().unwrap_or(-1);
            }
            assert!(start.elapsed() < PATIENCE, "it does not close: {}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the process without warning.
    pub fn kill(mut self) {
        self.app.kill().unwrap();
        self.app.wait().unwrap();
    }

    /// Returns a picture of the screen where the window is.
    pub fn picture(&self) -> Picture {
        let connection = &self.screen.connection;
        let size = connection.get_geometry(self.window).unwrap().reply().unwrap();
        let all = !0;
        let image = connection
            .get_image(ImageFormat::Z_PIXMAP, self.window, 0, 0, size.width, size.height, all)
            .unwrap()
            .reply()
            .unwrap();
        let rgb = image
            .data
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&[b, g, r, _]| [r, g, b])
            .collect();
        Picture {
            width: size.width.into(),
            height: size.height.into(),
            rgb,
        }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        let _ = self.app.kill();
        let _ = self.app.wait();
    }
}

impl Picture {
    /// Writes the picture to a file for inspection.
    pub fn save(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes: Vec<u8> = self.rgb.concat();
        let (width, height) = (self.width as u32, self.height as u32);
        let file = std::fs::File::create(path).unwrap();
        let mut encoder = png::Encoder::new(file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }
}
