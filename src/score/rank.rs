//! What is weak, and what first?
