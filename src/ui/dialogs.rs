//! File dialogs of the desktop. They are made on the window's thread, as macOS wants, and waited for on
//! another, so that the window lives on.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{
    picture::{self, Sketch},
    state::{
        export::Wish,
        viewer::{Action, Effect},
    },
};
use crate::{
    report::Destination,
    report::Format,
    worker::{SessionId, StudySource},
};

/// rfd says the same of a dialog that was closed and of one that never came.
const FASTEST_READER: Duration = Duration::from_millis(250);
const NO_DIALOG: &str = "No file dialog could be opened: this desktop has neither a portal nor zenity. \
     Drop the files on the window, or use the command line: `foramen PATH`, `foramen grade PATH --out FILE`";

/// Dialogs that are open, and what came of them.
pub struct Dialogs {
    sender: Sender<Action>,
    answers: Receiver<Action>,
    /// How many are waited for.
    open: Arc<AtomicUsize>,
}

impl Default for Dialogs {
    fn default() -> Self {
        let (sender, answers) = unbounded();
        Self { sender, answers, open: Arc::default() }
    }
}

impl Dialogs {
    /// What readers have chosen since the last call.
    pub fn answers(&self) -> Vec<Action> {
        self.answers.try_iter().collect()
    }

    /// Whether a dialog is on screen.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Opens the dialog of an effect; nothing for other effects.
    pub fn open(&self, effect: Effect, ctx: &egui::Context) {
        match effect {
            Effect::PickFolder => {
                let future = rfd::AsyncFileDialog::new().set_title("Open a folder of DICOM files").pick_folders();
                self.wait(ctx, async { paths(future.await) });
            }
            Effect::PickFiles => {
                let future =
                    rfd::AsyncFileDialog::new().set_title("Open DICOM files, a zip or a DICOMDIR").pick_files();
                self.wait(ctx, async { paths(future.await) });
            }
            Effect::PickPlace => {
                let future = rfd::AsyncFileDialog::new().set_title("Where is the study now?").pick_folder();
                self.wait(ctx, async { future.await.map(|folder| Action::LookIn(folder.path().to_owned())) });
            }
            Effect::PickExport(session, format) => self.pick_export(ctx, session, format),
            Effect::PickReports(session, wish) => self.pick_reports(ctx, session, wish),
            Effect::Quit | Effect::SavePicture(_) | Effect::CopyPicture | Effect::CopyReport => (),
        }
    }

    fn pick_export(&self, ctx: &egui::Context, session: SessionId, format: Format) {
        let name = format.file_name();
        let ending = format.ending();
        let future = rfd::AsyncFileDialog::new()
            .set_title("Export the grades")
            .set_file_name(name)
            .add_filter(ending, &[ending])
            .save_file();
        self.wait(ctx, async move {
            let chosen = future.await?.path().to_owned();
            let path = with_ending(chosen.clone(), ending);
            // The dialog has asked about the name that it saw, and no other.
            let wish = Wish::one(format, path == chosen);
            Some(Action::Export(session, wish, Destination::File(path)))
        });
    }

    fn pick_reports(&self, ctx: &egui::Context, session: SessionId, wish: Wish) {
        let future = rfd::AsyncFileDialog::new().set_title("Export the reports to a folder").pick_folder();
        self.wait(ctx, async move {
            let folder = future.await?.path().to_owned();
            Some(Action::Export(session, wish, Destination::Folder(folder)))
        });
    }

    /// Asks where to write a picture, then paints and writes it, all beside the window.
    pub fn save_picture(&self, ctx: &egui::Context, sketch: Sketch) {
        let future = rfd::AsyncFileDialog::new()
            .set_title("Save the picture")
            .set_file_name("foramen.png")
            .add_filter("png", &["png"])
            .save_file();
        self.wait(ctx, async move {
            let path = with_ending(future.await?.path().to_owned(), "png");
            let saved = picture::save(&sketch, &path);
            Some(Action::Done(saved.map(|()| format!("Written: {}", path.display())).map_err(|e| e.to_string())))
        });
    }

    fn wait(&self, ctx: &egui::Context, answer: impl Future<Output = Option<Action>> + Send + 'static) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let opened = Instant::now();
        let count = self.open.clone();
        count.fetch_add(1, Ordering::Relaxed);
        let waiting = std::thread::Builder::new().name("dialog".to_owned()).spawn(move || {
            let action = pollster::block_on(answer);
            count.fetch_sub(1, Ordering::Relaxed);
            // Nobody closes a dialog this fast: there was none.
            let missing = action.is_none() && opened.elapsed() < FASTEST_READER;
            if let Some(action) = action.or_else(|| missing.then(|| Action::Warn(NO_DIALOG.to_owned()))) {
                // The window may be gone by now.
                let _ = sender.send(action);
                ctx.request_repaint();
            }
        });
        if let Err(error) = waiting {
            self.open.fetch_sub(1, Ordering::Relaxed);
            tracing::error!("a dialog cannot be shown: {error}");
        }
    }
}

fn paths(files: Option<Vec<rfd::FileHandle>>) -> Option<Action> {
    let paths: Vec<PathBuf> = files?.iter().map(|file| file.path().to_owned()).collect();
    (!paths.is_empty()).then_some(Action::Open(StudySource::Paths(paths)))
}

/// Some desktops leave the ending out.
fn with_ending(mut path: PathBuf, ending: &str) -> PathBuf {
    if path.extension().is_none() {
        path.set_extension(ending);
    }
    path
}
