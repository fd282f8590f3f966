//! Generated from `wit/rules.wit`. Authors use only what `lib.rs` re-exports by name, so that a new version of the contract or
//! of the generator cannot widen the crate's interface by itself.
#![expect(clippy::same_length_and_capacity, reason = "generated: lists come over the boundary without spare room")]

wit_bindgen::generate!({
    path: "wit/rules.wit",
    world: "rules",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_bindings",
});
