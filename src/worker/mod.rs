//! Background threads for the window: jobs in, events out.
