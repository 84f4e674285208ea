//! Who accepted which risk, and what does it cost?
