//! What changed between two days, control by control, and why?
