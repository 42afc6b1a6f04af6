//! A report as PDF.

mod text;
