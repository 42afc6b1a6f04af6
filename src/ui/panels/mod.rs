//! What stands around the images.

mod banner;
mod browser;
mod evidence;
mod grade_table;
mod menu;
mod status;
mod windows;

pub use banner::banner_ui;
pub use browser::browser_ui;
pub use evidence::evidence_ui;
pub use grade_table::grade_table_ui;
pub use menu::menu_ui;
pub use status::status_ui;
pub use windows::windows_ui;
