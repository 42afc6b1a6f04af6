//! Findings in the real window.
