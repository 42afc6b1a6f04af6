//! What is so: open studies, panes, settings, what was asked for. Plain data without an egui context; nothing here paints,
//! and nothing here knows what does.

pub mod cache;
pub mod cells;
pub mod cine;
pub mod command;
pub mod export;
pub mod gesture;
pub mod hanging;
pub mod home;
pub mod icon;
pub mod keymap;
pub mod layout;
mod navigate;
pub mod notices;
pub mod orientation;
pub mod pane;
pub mod place;
pub mod problems;
pub mod session;
pub mod settings;
pub mod steps;
pub mod strip;
pub mod thumbnails;
pub mod tool;
pub mod transform;
pub mod viewer;
pub mod visibility;
pub mod votes;
pub mod words;
pub mod worklist;
