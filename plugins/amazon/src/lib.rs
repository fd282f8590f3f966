//! Rules of amazon.
