//! Real marketplaces' records as events, one reader for each form they are published in.

pub mod olist;
