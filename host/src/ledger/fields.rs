//! Things as flat fields, so that an entry says of a change what changed and nothing else, and entries add up to the thing again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// A thing's fields by dotted name, such as `settings.preview-days`; what is null is not there.
pub(crate) type Fields = BTreeMap<String, Value>;

/// Fields from pairs, those that are null left out.
pub(crate) fn fields<N: Into<String>>(pairs: impl IntoIterator<Item = (N, Value)>) -> Fields {
    pairs.into_iter().map(|(name, value)| (name.into(), value)).filter(|(_, value)| !value.is_null()).collect()
}

/// The fields that differ, as they were and as they are, JSON; `None` where none do.
pub(crate) fn difference(old: &Fields, new: &Fields) -> Option<(String, String)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name)).collect();
    let side = |of: &Fields| {
        let value = |name: &String| of.get(name).cloned().unwrap_or_default();
        Value::Object(names.iter().map(|name| ((*name).clone(), value(name))).collect::<Map<_, _>>()).to_string()
    };
    (!names.is_empty()).then(|| (side(old), side(new)))
}

/// All fields, JSON.
pub(crate) fn text(all: &Fields) -> String {
    Value::Object(all.clone().into_iter().collect()).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn some() -> impl Strategy<Value = Fields> {
        let value = prop_oneof![any::<u8>().prop_map(|n| json!(n)), "[a-c]".prop_map(|t| json!(t)), Just(json!({"target": 0.5}))];
        btree_map("[a-e]", value, 0..5)
    }

    fn applied(mut onto: Fields, patch: &str) -> Fields {
        onto.extend(serde_json::from_str::<Fields>(patch).unwrap());
        fields(onto)
    }

    proptest! {
        #[test]
        fn a_difference_leads_there_and_back(old in some(), new in some()) {
            match difference(&old, &new) {
                None => prop_assert_eq!(old, new),
                Some((before, after)) => {
                    prop_assert_eq!(applied(old.clone(), &after), new.clone());
                    prop_assert_eq!(applied(new.clone(), &before), old.clone());
                    let named: Fields = serde_json::from_str(&before).unwrap();
                    prop_assert!(named.keys().all(|name| old.get(name) != new.get(name)), "nothing that stayed is named");
                }
            }
        }
    }
}
