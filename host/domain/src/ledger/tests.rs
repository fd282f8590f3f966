//! Chains and trees under every sequence: bytes against another program's, roots and paths against another library's, and whatever is
//! changed, moved, left out or cut off is found at the first entry that it touches.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{InclusionProof, RootHash};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

const MARKET: &str = "olist";

fn said(actor: Hash) -> Said<'static> {
    let (before, after) = (Some(r#"{"state":"counted"}"#), Some(r#"{"state":"struck"}"#));
    let (kind, about, reason) = ("feedback.struck", "m-0", "the carrier’s fault");
    Said { at: 1_717_156_800_000, actor, kind, merchant: Some("m"), about, reason, before, after }
}

/// Made by twenty lines of Python from the description alone.
#[test]
fn the_bytes_are_what_they_are_described_as() {
    let hex = |hash: Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let actor = actor_digest(&std::array::from_fn(|i| i as u8), "reviewer-1");
    assert_eq!(hex(actor), "040ba34dd89866c86e44d72ea7c332bcd1ca03220e1245c0d6ea8bd8ca87eed3");
    let (mut chain, mut completed) = (Chain::new(MARKET), Vec::new());
    let first = chain.seal(&said(actor), &mut completed);
    assert_eq!(hex(first.hash), "a14c752bd2a9aa6b08e8c897c72f1430d30c2ec57a64e4bf85f317d36dd26ad1");
    let (before, after) = (None, Some(r#"{"name":"Olist"}"#));
    let (at, kind, about, reason) = (1_717_156_800_001, "marketplace.changed", "olist", "");
    let second = chain.seal(&Said { at, actor, kind, merchant: None, about, reason, before, after }, &mut completed);
    assert_eq!(hex(second.hash), "ebadafc5ed7fb88a2010e827b2db9d64fde8c8db076c865d6b72a231f83b27ac");
    assert_eq!((second.seq, second.previous), (1, first.hash));
    let root = chain.tree().root();
    assert_eq!(hex(root), "974ed297b1d117f257db106839ca72e1cc3ee2b00111ddbb4f501b743b0430e9");
    assert_eq!(completed, [(Place { level: 1, index: 0 }, root)]);
    assert_eq!(hex(Tree::default().root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/// Entries' hashes, with every subtree that they complete.
fn grown(entries: &[Hash]) -> (Tree, Vec<(Place, Hash)>) {
    let (mut tree, mut completed) = (Tree::default(), Vec::new());
    for entry in entries {
        tree.push(entry, &mut completed);
    }
    (tree, completed)
}

/// The hash of a range of leaves, from what is kept.
fn range(entries: &[Hash], completed: &[(Place, Hash)], (from, to): (u64, u64)) -> Hash {
    let kept = |place: &Place| match place.level {
        0 => leaf(&entries[place.index as usize]),
        _ => completed.iter().find(|(known, _)| known == place).unwrap().1,
    };
    joined(&parts(from, to).iter().map(kept).collect::<Vec<_>>()).unwrap()
}

proptest! {
    #[test]
    fn every_path_leads_to_the_root(entries in vec(any::<Hash>(), 1..200)) {
        let (tree, completed) = grown(&entries);
        let mut other = MemoryBackedTree::<Sha256, Hash>::new();
        for entry in &entries {
            other.push(*entry);
        }
        let theirs: Hash = (*other.root().as_bytes()).into();
        prop_assert_eq!(tree.root(), theirs);
        prop_assert_eq!(range(&entries, &completed, (0, tree.size())), tree.root());
        let root = RootHash::<Sha256>::new(tree.root().into(), tree.size());
        for (index, entry) in entries.iter().enumerate() {
            let path: Vec<Hash> =
                siblings(index as u64, tree.size()).into_iter().map(|part| range(&entries, &completed, part)).collect();
            prop_assert_eq!(path.concat(), other.prove_inclusion(index).as_bytes().to_vec());
            prop_assert!(path.len() <= 8, "log2 of 200 and no more");
            let proof = InclusionProof::<Sha256>::try_from_bytes(path.concat()).unwrap();
            prop_assert!(root.verify_inclusion(entry, index as u64, &proof).is_ok());
            prop_assert!(root.verify_inclusion(&[0u8; 32], index as u64, &proof).is_err());
        }
    }

    #[test]
    fn a_tree_is_restored_from_its_peaks(entries in vec(any::<Hash>(), 0..80), more in any::<Hash>()) {
        let (mut tree, completed) = grown(&entries);
        let peaks = parts(0, tree.size()).into_iter().map(|p| range(&entries, &completed, (p.index << p.level, (p.index + 1) << p.level)));
        let peaks: Vec<Hash> = peaks.collect();
        let mut restored = Tree::restored(tree.size(), peaks.clone()).unwrap();
        prop_assert_eq!(&restored, &tree);
        let mut completed = [Vec::new(), Vec::new()];
        tree.push(&more, &mut completed[0]);
        restored.push(&more, &mut completed[1]);
        prop_assert_eq!(restored, tree);
        prop_assert_eq!(&completed[0], &completed[1]);
        prop_assert!(Tree::restored(entries.len() as u64, [peaks, vec![more]].concat()).is_none());
    }

    #[test]
    fn the_first_entry_that_is_not_what_it_was_is_named(
        texts in vec(text(), 1..30),
        at in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        tamper in tamper(),
    ) {
        let mut records = kept(&texts);
        let (size, root) = (records.len(), walked(&records).unwrap().1);
        prop_assert_eq!(walked(&records), Ok((size as u64, root)));
        let (at, other) = (at.index(size), other.index(size));
        match tamper {
            Tamper::Say(change) => {
                change(&mut records[at]);
                prop_assert_eq!(walked(&records), Err(Broken::Hash(at as u64)));
            }
            Tamper::Reseal => {
                records[at].reason += "!";
                records[at].hash = entry::hash(MARKET, at as u64, &records[at].previous.clone(), &records[at].said());
                // What follows holds the hash that was; the last one is given away by the root.
                match walked(&records) {
                    Err(broken) => prop_assert_eq!(broken, Broken::Previous(at as u64 + 1)),
                    Ok((_, changed)) => prop_assert!(at + 1 == size && changed != root),
                }
            }
            Tamper::Swap if at != other => {
                records.swap(at, other);
                let (expected, found) = (at.min(other) as u64, at.max(other) as u64);
                prop_assert_eq!(walked(&records), Err(Broken::Gap { expected, found }));
            }
            Tamper::Remove if at + 1 < size => {
                records.remove(at);
                prop_assert_eq!(walked(&records), Err(Broken::Gap { expected: at as u64, found: at as u64 + 1 }));
            }
            Tamper::Swap | Tamper::Remove | Tamper::CutOff => {
                records.truncate(at);
                let (left, changed) = walked(&records).unwrap();
                prop_assert!(left < size as u64 && changed != root, "a published head is not reached any more");
            }
            Tamper::Elsewhere => {
                let mut chain = Chain::new("elsewhere");
                prop_assert_eq!(chain.check(&records[0], &mut Vec::new()), Err(Broken::Hash(0)));
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Tamper {
    Say(fn(&mut Record)),
    Reseal,
    Swap,
    Remove,
    CutOff,
    Elsewhere,
}

fn tamper() -> impl Strategy<Value = Tamper> {
    let changes: [fn(&mut Record); 11] = [
        |r| r.at += 1,
        |r| r.actor += "x",
        |r| r.salt[3] ^= 1,
        |r| r.kind += "x",
        |r| r.merchant = if r.merchant.is_some() { None } else { Some(String::new()) },
        |r| r.about += "x",
        |r| r.reason += "x",
        |r| r.before = r.before.take().map_or(Some("{}".into()), |_| None),
        |r| r.after = r.after.take().map_or(Some("{}".into()), |_| None),
        // What moves from one field to the next is no less of a change.
        |r| r.kind.extend(r.about.drain(..).chain(['x'])),
        |r| r.hash[31] ^= 1,
    ];
    prop_oneof![
        4 => proptest::sample::select(changes.to_vec()).prop_map(Tamper::Say),
        1 => proptest::sample::select(vec![Tamper::Reseal, Tamper::Swap, Tamper::Remove, Tamper::CutOff, Tamper::Elsewhere]),
    ]
}

/// Actor, kind, merchant, about, reason, before and after.
type Text = (String, String, Option<String>, String, String, Option<String>, Option<String>);

fn text() -> impl Strategy<Value = Text> {
    let any = || ".{0,12}";
    let may_be = || proptest::option::of(".{0,12}");
    (any(), any(), may_be(), any(), any(), may_be(), may_be())
}

fn kept(texts: &[Text]) -> Vec<Record> {
    let mut chain = Chain::new(MARKET);
    let mut record = |(at, (actor, kind, merchant, about, reason, before, after)): (usize, &Text)| {
        let salt = [at as u8; 16];
        let mut record = Record {
            seq: 0,
            at: at as i64,
            actor: actor.clone(),
            salt,
            kind: kind.clone(),
            merchant: merchant.clone(),
            about: about.clone(),
            reason: reason.clone(),
            before: before.clone(),
            after: after.clone(),
            previous: [0; 32],
            hash: [0; 32],
        };
        let Sealed { seq, previous, hash } = chain.seal(&record.said(), &mut Vec::new());
        (record.seq, record.previous, record.hash) = (seq, previous, hash);
        record
    };
    texts.iter().enumerate().map(&mut record).collect()
}

/// Size and root after all of them.
fn walked(records: &[Record]) -> Result<(u64, Hash), Broken> {
    let mut chain = Chain::new(MARKET);
    for record in records {
        chain.check(record, &mut Vec::new())?;
    }
    Ok((chain.tree().size(), chain.tree().root()))
}
