//! Pictures on their way to the clipboard: painted on a thread of their own, handed over by the window.

use crossbeam_channel::{Receiver, Sender, unbounded};
use egui::{ColorImage, Context};

use super::Sketch;

/// Pictures that are being painted for the clipboard.
pub struct Clipboard {
    sender: Sender<Result<ColorImage, String>>,
    painted: Receiver<Result<ColorImage, String>>,
}

impl Default for Clipboard {
    fn default() -> Self {
        let (sender, painted) = unbounded();
        Self { sender, painted }
    }
}

impl Clipboard {
    /// Begins to paint a picture.
    pub fn paint(&self, ctx: &Context, sketch: Sketch) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let work = move || {
            // The window may be gone by now.
            let _ = sender.send(color_image(&sketch));
            ctx.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name("picture".to_owned()).spawn(work) {
            let _ = self.sender.send(Err(format!("The picture was not copied: {error}")));
        }
    }

    /// Hands what is painted by now to the clipboard. Returns what to tell the reader, or what went wrong.
    pub fn hand_over(&self, ctx: &Context) -> Vec<Result<String, String>> {
        let hand_over = |picture: Result<ColorImage, String>| {
            picture.map(|picture| {
                let [width, height] = picture.size;
                ctx.copy_image(picture);
                format!("Picture of this pane copied to the clipboard: {width} x {height} pixels, without names")
            })
        };
        self.painted.try_iter().map(hand_over).collect()
    }
}

fn color_image(sketch: &Sketch) -> Result<ColorImage, String> {
    let picture = sketch.paint().map_err(|error| format!("The picture was not copied: {error}"))?;
    let size = [picture.width() as usize, picture.height() as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, picture.as_raw()))
}
