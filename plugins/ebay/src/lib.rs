//! Rules of ebay.
